/* Made from the public headers by make_interface.py. */
typedef struct scumble_loss {
    const char *name;
    double value;
} scumble_loss;
typedef struct scumble_event {
    const char *job;
    const char *stage;
    int stage_number, stages;
    int size_px;
    int64_t done, of;
    const char *unit;
    const scumble_loss *losses;
    int loss_count;
    double elapsed_s;
    double eta_s;
    const char *note;
} scumble_event;
typedef int (*scumble_event_fn)(const scumble_event *event, void *user);
typedef enum scumble_error {
    SCUMBLE_OK = 0,
    SCUMBLE_ERR_ARGUMENT = -1,
    SCUMBLE_ERR_MEMORY = -2,
    SCUMBLE_ERR_NOT_FOUND = -3,
    SCUMBLE_ERR_ACCESS = -4,
    SCUMBLE_ERR_IO = -5,
    SCUMBLE_ERR_NO_SPACE = -6,
    SCUMBLE_ERR_FORMAT = -7,
    SCUMBLE_ERR_UNSUPPORTED = -8,
    SCUMBLE_ERR_LIMIT = -9,
    SCUMBLE_ERR_CANCELLED = -10,
    SCUMBLE_ERR_DIVERGED = -11,
    SCUMBLE_ERR_NETWORK = -12,
    SCUMBLE_ERR_INTERNAL = -13
} scumble_error;
const char *scumble_error_name(int code);
typedef struct scumble scumble;
typedef struct scumble_config {
    size_t size;
    int threads;
    int64_t max_pixels;
    int allow_vector;
    int decode_s;
    const char *data_dir;
} scumble_config;
int scumble_open(scumble **s, const scumble_config *config);
void scumble_close(scumble **s);
const char *scumble_error_text(const scumble *s);
const char *scumble_error_option(const scumble *s);
void scumble_cancel(scumble *s);
int scumble_cancel_clear(scumble *s);
const char *scumble_version(void);
int scumble_version_number(void);
const char *scumble_nearest(const char *word, const char *const *names, int count);
int scumble_same_name(const char *a, const char *b);
const char *scumble_describe(scumble *s);
typedef struct scumble_image scumble_image;
int scumble_image_load(scumble *s, const char *path, scumble_image **image);
int scumble_image_create(scumble *s, int width, int height, const float *rgb, const float *alpha,
                                     scumble_image **image);
void scumble_image_free(scumble_image **image);
int scumble_image_width(const scumble_image *image);
int scumble_image_height(const scumble_image *image);
const float *scumble_image_rgb(const scumble_image *image);
const float *scumble_image_alpha(const scumble_image *image);
const char *scumble_image_note(const scumble_image *image);
int scumble_image_probe(scumble *s, const char *path, int *width, int *height);
int scumble_image_resize(scumble *s, const scumble_image *image, int width, int height,
                                     scumble_image **resized);
int scumble_image_text(scumble *s, const char *text, int height, scumble_image **image);
typedef struct scumble_save_options {
    size_t size;
    int bits;
    int quality;
    int keep_icc;
    const char *recipe;
    int origin_only;
    int keep_gps;
    const char *format;
} scumble_save_options;
int scumble_image_save(scumble *s, const scumble_image *image, const char *path,
                                   const scumble_save_options *options);
int scumble_image_writable(const char *path);
int scumble_image_readable_name(const char *path);
typedef enum scumble_options_kind {
    SCUMBLE_OPTIONS_STYLE,
    SCUMBLE_OPTIONS_PAINT,
    SCUMBLE_OPTIONS_TRAIN,
    SCUMBLE_OPTIONS_DISTIL,
    SCUMBLE_OPTIONS_FILM
} scumble_options_kind;
typedef struct scumble_options scumble_options;
scumble_options *scumble_options_create(scumble_options_kind kind);
scumble_options *scumble_options_copy(const scumble_options *options);
void scumble_options_free(scumble_options **options);
int scumble_options_set(scumble *s, scumble_options *options, const char *name, const char *value);
int scumble_options_get(scumble *s, const scumble_options *options, const char *name, char *text,
                                    size_t size);
int scumble_options_set_number(scumble *s, scumble_options *options, const char *name, double value);
int scumble_options_get_number(scumble *s, const scumble_options *options, const char *name, double *value);
typedef enum scumble_option_kind {
    SCUMBLE_OPTION_TEXT,
    SCUMBLE_OPTION_TERMS,
    SCUMBLE_OPTION_WORD,
    SCUMBLE_OPTION_NUMBER,
    SCUMBLE_OPTION_AUTOMATIC,
    SCUMBLE_OPTION_WHOLE,
    SCUMBLE_OPTION_SEED,
    SCUMBLE_OPTION_CHOICE,
    SCUMBLE_OPTION_SWITCH,
    SCUMBLE_OPTION_SIZE,
    SCUMBLE_OPTION_BYTES,
    SCUMBLE_OPTION_DURATION
} scumble_option_kind;
typedef struct scumble_option_info {
    const char *name;
    const char *group;
    const char *argument;
    const char *help;
    const char *manual;
    scumble_option_kind kind;
    double lowest, highest;
    const char *default_text;
    const char *choices;
} scumble_option_info;
const scumble_option_info *scumble_option_at(scumble_options_kind kind, int index);
typedef struct scumble_preset_info {
    const char *name;
    const char *help;
    const char *options;
} scumble_preset_info;
const scumble_preset_info *scumble_preset_at(int index);
int scumble_options_preset(scumble *s, scumble_options *options, const char *name);
typedef struct scumble_painting {
    const scumble_image *image;
    double weight;
    const scumble_image *mask;
} scumble_painting;
typedef struct scumble_style scumble_style;
int scumble_style_open(scumble *s, const scumble_painting *paintings, int count,
                                   const scumble_options *options, scumble_style **style);
void scumble_style_close(scumble_style **style);
const scumble_options *scumble_style_options(const scumble_style *style);
const char *scumble_style_describe(const scumble_style *style);
int scumble_stylize(scumble *s, const scumble_image *content, const scumble_image *painting,
                                const scumble_options *options, scumble_image **result);
int scumble_recipe_load(scumble *s, const char *path, char **json);
int scumble_recipe_options(scumble *s, const char *json, scumble_options *options);
typedef struct scumble_recipe_file {
    const char *path;
    const char *sha256;
    double weight;
} scumble_recipe_file;
int scumble_recipe_texture(scumble *s, const char *json, int *width, int *height);
int scumble_recipe_input(scumble *s, const char *json, int index, scumble_recipe_file *file);
typedef enum scumble_guide_role {
    SCUMBLE_GUIDE_STYLE_MASK,
    SCUMBLE_GUIDE_MASK,
    SCUMBLE_GUIDE_PROTECT,
    SCUMBLE_GUIDE_PALETTE,
    SCUMBLE_GUIDE_START,
} scumble_guide_role;
int scumble_recipe_guide(scumble *s, const char *json, scumble_guide_role role, int index,
                                     scumble_recipe_file *file);
int scumble_recipe_encoder(scumble *s, const char *json, const char **file);
int scumble_recipe_faces(const char *json);
void scumble_text_free(char **text);
int scumble_file_sha256(scumble *s, const char *path, char hex[65]);
typedef struct scumble_model_info {
    const char *name, *architecture, *licence, *source, *note;
    const char *path;
    int64_t size_bytes;
} scumble_model_info;
int scumble_models_list(scumble *s, int *count);
const scumble_model_info *scumble_model_at(const scumble *s, int index);
int scumble_model_describe(scumble *s, const char *name_or_path, int every_tensor, char **text);
int scumble_model_json(scumble *s, const char *name_or_path, int every_tensor, char **json);
int scumble_model_import(scumble *s, const char *path, const char *architecture, const char *name,
                                     const char *licence, char **report);
int scumble_model_pull(scumble *s, const char *name, scumble_event_fn progress, void *user);
int scumble_model_layers(scumble *s, const char *name_or_path, char **names);
int scumble_inspect_features(scumble *s, const char *encoder, const scumble_image *image, const char *layer,
                                         int maps, scumble_image **sheet);
int scumble_inspect_gram(scumble *s, const char *encoder, const scumble_image *image, const char *layer,
                                     scumble_image **matrix);
typedef enum scumble_sample {
    SCUMBLE_SAMPLE_U8,
    SCUMBLE_SAMPLE_U16,
    SCUMBLE_SAMPLE_HALF,
    SCUMBLE_SAMPLE_FLOAT
} scumble_sample;
typedef enum scumble_channels {
    SCUMBLE_CHANNELS_RGB,
    SCUMBLE_CHANNELS_RGBA,
    SCUMBLE_CHANNELS_BGR,
    SCUMBLE_CHANNELS_BGRA,
    SCUMBLE_CHANNELS_ARGB,
    SCUMBLE_CHANNELS_RGBX,
    SCUMBLE_CHANNELS_BGRX,
    SCUMBLE_CHANNELS_GREY,
    SCUMBLE_CHANNELS_GREY_ALPHA
} scumble_channels;
typedef struct scumble_pixels {
    size_t size;
    void *data;
    int width, height;
    int64_t row_bytes;
    int sample;
    int channels;
} scumble_pixels;
int scumble_image_from_pixels(scumble *s, const scumble_pixels *pixels, scumble_image **image);
int scumble_image_to_pixels(scumble *s, const scumble_image *image, const scumble_pixels *pixels);
int scumble_image_from_bytes(scumble *s, const void *bytes, size_t size_bytes, scumble_image **image);
int scumble_image_to_bytes(scumble *s, const scumble_image *image, const char *format,
                                       const scumble_save_options *options, void **bytes, size_t *size_bytes);
void scumble_bytes_free(void **bytes);
typedef struct scumble_run scumble_run;
int scumble_run_open(scumble_style *style, scumble_run **run);
void scumble_run_close(scumble_run **run);
int scumble_run_content(scumble_run *run, const scumble_image *content);
int scumble_run_texture(scumble_run *run, int width, int height);
int scumble_run_start(scumble_run *run, const scumble_image *start);
int scumble_run_restore(scumble_run *run, const char *path);
int scumble_run_restore_bytes(scumble_run *run, const void *state, size_t size_bytes);
typedef struct scumble_estimate {
    int width, height;
    int64_t memory_bytes;
    double
        time_s;
    int64_t free_bytes;
    int tile_edge;
    double load_s, save_s;
} scumble_estimate;
int scumble_run_estimate(scumble_run *run, int width, int height, const scumble_estimate **estimate);
int scumble_run_set(scumble_run *run, const char *name, const char *value);
int scumble_run_settable(const char *name);
typedef struct scumble_guides {
    size_t size;
    const scumble_image *const *masks;
    int mask_count;
    const scumble_image *protect;
    int faces;
} scumble_guides;
int scumble_run_guide(scumble_run *run, const scumble_guides *guides);
int scumble_mask_fits(int mask_width, int mask_height, int width, int height);
int scumble_faces_mask(scumble *s, const scumble_image *image, scumble_image **mask, int *count);
int scumble_run_reference(scumble_run *run, const scumble_image *reference, const scumble_image *mask);
int scumble_run_step(scumble_run *run, double budget_s);
int scumble_run_finish(scumble_run *run, scumble_event_fn progress, void *user, scumble_image **result);
int scumble_run_done(const scumble_run *run);
const scumble_event *scumble_run_progress(const scumble_run *run);
int scumble_run_picture(scumble_run *run, scumble_image **picture);
const char *scumble_run_recipe(scumble_run *run);
int scumble_run_save(scumble_run *run, const char *path);
int scumble_run_save_bytes(scumble_run *run, void **state, size_t *size_bytes);
int scumble_recipe_event(scumble *s, const char *json, int index, int *iteration, const char **name,
                                     const char **value);
typedef struct scumble_painter_info {
    const char *name, *licence, *source;
    const char *training;
    const char *path;
    const char *sha256;
    int64_t size_bytes;
    int learnt_size;
    int can_judge;
    const char *range;
    int range_is_guess;
    int bgr;
    const char *unused;
} scumble_painter_info;
int scumble_painters_list(scumble *s, int *count);
const scumble_painter_info *scumble_painter_at(const scumble *s, int index);
typedef struct scumble_painter scumble_painter;
int scumble_painter_open(scumble *s, const char *name_or_path, scumble_painter **painter);
typedef enum scumble_network_range {
    SCUMBLE_RANGE_FOUND,
    SCUMBLE_RANGE_0_1,
    SCUMBLE_RANGE_SIGNED,
    SCUMBLE_RANGE_0_255
} scumble_network_range;
typedef struct scumble_network_pixels {
    size_t size;
    scumble_network_range range;
    int bgr;
} scumble_network_pixels;
int scumble_painter_open_as(scumble *s, const char *name_or_path, const scumble_network_pixels *pixels,
                                        scumble_painter **painter);
int scumble_painter_import(scumble *s, const char *path, const scumble_network_pixels *pixels,
                                       const char *name, const char *licence);
void scumble_painter_close(scumble_painter **painter);
const scumble_painter_info *scumble_painter_about(const scumble_painter *painter);
typedef struct scumble_paint_estimate {
    int64_t memory_bytes;
    int64_t temporary_bytes;
    int tile_edge;
    int width, height;
    int first_edge;
} scumble_paint_estimate;
int scumble_painter_estimate(scumble_painter *painter, int width, int height,
                                         const scumble_options *options, const scumble_paint_estimate **estimate);
int scumble_painter_paint(scumble_painter *painter, const scumble_image *image,
                                      const scumble_options *options, scumble_event_fn progress, void *user,
                                      scumble_image **result);
const char *scumble_painter_recipe(const scumble_painter *painter);
typedef struct scumble_verdict {
    double score;
    double share;
} scumble_verdict;
int scumble_painter_judge(scumble_painter *painter, const scumble_image *image, int size,
                                      scumble_verdict *verdict, scumble_image **map);
int scumble_painter_export_onnx(scumble *s, const char *name_or_path, const char *path);

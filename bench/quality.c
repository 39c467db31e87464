/* SPDX-License-Identifier: MIT */
/* How good are pictures that were painted by different methods? Measures each against its photo and painting
 * (measure/comparison.h says what is measured) and prints a line of tab-separated values for it, and for two controls
 * of each pair: "(photo)", the photo unchanged, and "(painting)", the painting cut or mirrored to the picture's shape.
 * Good results lie near the painting's style and near the photo's structure: left and below of both. With --summary
 * also means, medians and wins of each method over all pairs. bench/quality.sh paints the pictures and makes the list.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "measure/comparison.h"
#include "nets/store/registry.h"
#include "../tests/device_fixture.h"

static const char usage[] =
    "usage: bench-quality --photo PHOTO --style PAINTING RESULT... [flags]\n"
    "       bench-quality --list FILE [flags]     lines of PHOTO, PAINTING, LABEL, SECONDS, RESULT with tabs between\n"
    "\n"
    "  --summary           after the lines: mean (median) of each label over all pairs, and its wins against the "
    "reference\n"
    "  --reference LABEL   what the wins are counted against (the list's first label)\n"
    "  --tile              measure the seams of pictures that should tile, too\n"
    "  --encoder NAME|FILE what measures (VGG-19 from the data directory, else from ../shared/models)\n"
    "  --threads N         processors to use (0 = all)\n"
    "\n"
    "gram, swd: distance from the painting's style; structure, content: from the photo; lower is nearer. copy: of the\n"
    "painting's, in percent of the picture. detail: 1 = as fine as the painting, more = noise, less = blur. border:\n"
    "about 1; a frame shows as a large number. seam-x, seam-y: about 1 when the picture tiles.\n";

/* The columns; the last two are of pictures that tile. */
static const sc_metric columns[] = { SC_METRIC_GRAM,    SC_METRIC_SWD,    SC_METRIC_STRUCTURE,
                                     SC_METRIC_CONTENT, SC_METRIC_COPY,   SC_METRIC_DETAIL,
                                     SC_METRIC_BORDER,  SC_METRIC_SEAM_X, SC_METRIC_SEAM_Y };
enum {
    COLUMNS = sizeof columns / sizeof *columns,
    PLAIN_COLUMNS = COLUMNS - 2,
    WON = 3
}; /* WON: those in which wins are counted */

static const char photo_label[] = "(photo)", painting_label[] = "(painting)";

typedef struct program_options {
    const char *photo, *style, *list, *encoder, *reference;
    bool summary, tile;
    int threads;
} program_options;

/* A result to measure, or a control. */
typedef struct result_row {
    char *photo, *style, *label, *file; /* file NULL: a control */
    double seconds;                     /* NAN: not known */
    int width, height;
    double values[SC_METRIC_COUNT];
} result_row;

typedef struct row_table {
    result_row *rows;
    size_t count;
} row_table;

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fputs("bench-quality: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static void check(int code, const sc_error *err)
{
    if (code)
        die("%s", err->text);
}

static void *must(void *memory)
{
    if (!memory)
        die("out of memory");
    return memory;
}

/* ---- the list ---- */

static result_row *add_row(row_table *table, const char *photo, const char *style, const char *label, const char *file,
                           double seconds)
{
    table->rows = must(realloc(table->rows, (table->count + 1) * sizeof *table->rows));
    result_row *added = &table->rows[table->count++];
    *added = (result_row){
        .photo = must(strdup(photo)), .style = must(strdup(style)), .label = must(strdup(label)), .seconds = seconds
    };
    added->file = file ? must(strdup(file)) : NULL;
    return added;
}

static bool same_pair(const result_row *a, const result_row *b)
{
    return !strcmp(a->photo, b->photo) && !strcmp(a->style, b->style);
}

static void read_line(row_table *table, char *line, const char *path, int number)
{
    char *fields[5];
    int count = 0;
    for (char *field; (field = strsep(&line, "\t"));)
        if (count++ < 5)
            fields[count - 1] = field;
    if (count != 5)
        die("line %d of '%s' has %d fields; 5 with tabs between are needed: photo, painting, label, seconds, result",
            number, path, count);
    char *end;
    double seconds = strtod(fields[3], &end);
    if (end == fields[3] || *end || !(seconds >= 0))
        die("line %d of '%s': '%s' is not a number of seconds", number, path, fields[3]);
    const result_row *added = add_row(table, fields[0], fields[1], fields[2], fields[4], seconds);
    for (const result_row *other = table->rows; other < added; other++)
        if (same_pair(added, other) && !strcmp(added->label, other->label))
            die("line %d of '%s': the label %s has a result for this pair already", number, path, added->label);
}

static void read_list(row_table *table, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    if (!file)
        die("cannot open '%s': %s", path, strerror(errno));
    for (int number = 1; (length = getline(&line, &size, file)) > 0; number++) {
        if (line[length - 1] == '\n')
            line[--length] = 0;
        if (length && line[0] != '#')
            read_line(table, line, path, number);
    }
    if (ferror(file))
        die("cannot read '%s': %s", path, strerror(errno));
    free(line);
    fclose(file);
    if (!table->count)
        die("'%s' names no results", path);
}

/* ---- measuring ---- */

static void print_number(double value)
{
    if (isnan(value))
        printf("-\t");
    else
        printf(value < 100 ? "%.4f\t" : "%.1f\t", value);
}

static int column_count(const program_options *options)
{
    return options->tile ? COLUMNS : PLAIN_COLUMNS;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void print_header(const program_options *options)
{
    for (int m = 0; m < column_count(options); m++)
        printf("%s\t", columns[m] == SC_METRIC_STRUCTURE ? "struct" : sc_metrics[columns[m]].name);
    printf("seconds\tsize\tlabel\tphoto\tpainting\n");
}

static void print_row(const program_options *options, const result_row *row)
{
    for (int m = 0; m < column_count(options); m++)
        print_number(row->values[columns[m]]);
    print_number(row->seconds);
    printf("%dx%d\t%s\t%s\t%s\n", row->width, row->height, row->label, base_name(row->photo), base_name(row->style));
    fflush(stdout);
}

static void measure(sc_comparison *comparison, const program_options *options, const sc_image *image, result_row *row)
{
    sc_error err;
    row->width = image->width;
    row->height = image->height;
    check(sc_comparison_measure(comparison, image, row->values, &err), &err);
    print_row(options, row);
}

static void measure_controls(sc_comparison *comparison, const program_options *options, row_table *controls,
                             const result_row *pair, const sc_image *photo, const sc_image *painting,
                             const sc_image *result)
{
    sc_error err;
    sc_image control;
    check(sc_comparison_photo(NULL, photo, result->width, result->height, &control, &err), &err);
    measure(comparison, options, &control, add_row(controls, pair->photo, pair->style, photo_label, NULL, NAN));
    sc_image_free(&control);
    check(sc_comparison_painting(NULL, painting, result->width, result->height, &control, &err), &err);
    measure(comparison, options, &control, add_row(controls, pair->photo, pair->style, painting_label, NULL, NAN));
    sc_image_free(&control);
}

/* All results of the pair of row `first`; the controls at the size of the first. */
static void measure_pair(sc_comparison *comparison, const program_options *options, row_table *results, size_t first,
                         row_table *controls)
{
    sc_error err;
    sc_image photo, painting, result;
    const result_row *pair = &results->rows[first];
    int width = 0, height = 0;
    check(sc_image_load(&photo, pair->photo, NULL, &err), &err);
    check(sc_image_load(&painting, pair->style, NULL, &err), &err);
    for (size_t i = first; i < results->count; i++) {
        result_row *row = &results->rows[i];
        if (!same_pair(row, pair))
            continue;
        check(sc_image_load(&result, row->file, NULL, &err), &err);
        if (result.width != width || result.height != height) {
            if (sc_comparison_prepare(comparison, &photo, &painting, result.width, result.height, &err))
                die("'%s': %s", row->file, err.text);
            if (i == first)
                measure_controls(comparison, options, controls, pair, &photo, &painting, &result);
            width = result.width;
            height = result.height;
        }
        measure(comparison, options, &result, row);
        sc_image_free(&result);
    }
    sc_image_free(&photo);
    sc_image_free(&painting);
}

static void measure_all(sc_comparison *comparison, const program_options *options, row_table *results,
                        row_table *controls)
{
    print_header(options);
    for (size_t i = 0; i < results->count; i++) {
        bool done = false;
        for (size_t k = 0; k < i && !done; k++)
            done = same_pair(&results->rows[k], &results->rows[i]);
        if (!done)
            measure_pair(comparison, options, results, i, controls);
    }
}

/* ---- the summary ---- */

static int by_value(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

/* Sorts the values. */
static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Values of column m (COLUMNS: seconds) of all rows of the label; returns how many. */
static size_t collect(const row_table *table, const char *label, int m, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++)
        if (!strcmp(table->rows[i].label, label))
            values[count++] = m < COLUMNS ? table->rows[i].values[columns[m]] : table->rows[i].seconds;
    return count;
}

/* In how many of the pairs that both labels have is the measure of `label` below the reference's? */
static void print_wins(const row_table *table, const char *label, const char *reference, int m)
{
    int wins = 0, pairs = 0;
    for (size_t i = 0; i < table->count; i++)
        for (size_t k = 0; k < table->count; k++) {
            const result_row *own = &table->rows[i], *other = &table->rows[k];
            if (strcmp(own->label, label) || strcmp(other->label, reference) || !same_pair(own, other))
                continue;
            pairs++;
            wins += own->values[columns[m]] < other->values[columns[m]];
        }
    char cell[32];
    snprintf(cell, sizeof cell, "%d/%d", wins, pairs);
    printf(" %10s", cell);
}

static void print_label(const program_options *options, const row_table *table, const char *label,
                        const char *reference)
{
    double *values = must(malloc(table->count * sizeof *values));
    size_t count = collect(table, label, COLUMNS, values);
    double seconds = mean(values, count);
    printf("%-20s %5zu", label, count);
    for (int m = 0; m < column_count(options); m++) {
        char cell[64];
        collect(table, label, m, values);
        double average = mean(values, count);
        snprintf(cell, sizeof cell, "%.4f (%.4f)", average, median(values, count));
        printf(" %17s", cell);
    }
    if (isnan(seconds))
        printf(" %8s", "-");
    else
        printf(" %8.1f", seconds);
    if (reference && strcmp(label, reference))
        for (int m = 0; m < WON; m++)
            print_wins(table, label, reference, m);
    putchar('\n');
    free(values);
}

static void print_summary(const program_options *options, const row_table *controls, const row_table *results)
{
    const char *reference = options->reference ? options->reference : results->rows[0].label;
    printf(
        "\nmean (median) over the pairs; <gram and so on: in how many pairs the measure is below that of %s\n%-20s %5s",
        reference, "label", "pairs");
    for (int m = 0; m < column_count(options); m++)
        printf(" %17s", sc_metrics[columns[m]].name);
    printf(" %8s", "seconds");
    for (int m = 0; m < WON; m++)
        printf(" %*s%s", 10 - (int)strlen(sc_metrics[columns[m]].name), "<", sc_metrics[columns[m]].name);
    putchar('\n');
    print_label(options, controls, photo_label, NULL);
    print_label(options, controls, painting_label, NULL);
    for (size_t i = 0; i < results->count; i++) {
        bool done = false;
        for (size_t k = 0; k < i && !done; k++)
            done = !strcmp(results->rows[k].label, results->rows[i].label);
        if (!done)
            print_label(options, results, results->rows[i].label, reference);
    }
}

/* ---- arguments ---- */

/* The value of a flag at argv[*i], which must be there. */
static const char *flag_value(char **argv, int *i)
{
    if (!argv[*i + 1])
        die("%s needs a value; see --help", argv[*i]);
    return argv[++*i];
}

static int thread_count(const char *text)
{
    char *end;
    long count = strtol(text, &end, 10);
    if (end == text || *end || count < 0 || count > 256)
        die("--threads: '%s' is not a number from 0 to 256", text);
    return (int)count;
}

/* Reads flags; what is none is moved to the front of argv + 1. Returns how many those are. */
static int read_flags(program_options *options, char **argv)
{
    int count = 0;
    for (int i = 1; argv[i]; i++) {
        if (!strcmp(argv[i], "--photo"))
            options->photo = flag_value(argv, &i);
        else if (!strcmp(argv[i], "--style"))
            options->style = flag_value(argv, &i);
        else if (!strcmp(argv[i], "--list"))
            options->list = flag_value(argv, &i);
        else if (!strcmp(argv[i], "--encoder"))
            options->encoder = flag_value(argv, &i);
        else if (!strcmp(argv[i], "--reference"))
            options->reference = flag_value(argv, &i);
        else if (!strcmp(argv[i], "--threads"))
            options->threads = thread_count(flag_value(argv, &i));
        else if (!strcmp(argv[i], "--summary"))
            options->summary = true;
        else if (!strcmp(argv[i], "--tile"))
            options->tile = true;
        else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            exit(fputs(usage, stdout) < 0);
        else if (argv[i][0] == '-')
            die("%s is not a flag; see --help", argv[i]);
        else
            argv[++count] = argv[i];
    }
    return count;
}

static void read_results(const program_options *options, char **files, int count, row_table *results)
{
    bool pair = options->photo && options->style && count;
    if (options->list ? options->photo || options->style || count : !pair)
        die("give --photo, --style and results, or --list alone; see --help");
    if (options->list)
        read_list(results, options->list);
    for (int i = 0; i < count; i++)
        add_row(results, options->photo, options->style, files[i], files[i], NAN);
    bool known = !options->reference;
    for (size_t i = 0; i < results->count && !known; i++)
        known = !strcmp(results->rows[i].label, options->reference);
    if (!known)
        die("--reference: no result has the label '%s'", options->reference);
}

static void free_table(row_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->rows[i].photo);
        free(table->rows[i].style);
        free(table->rows[i].label);
        free(table->rows[i].file);
    }
    free(table->rows);
}

/* NAME or FILE, or by default VGG-19: the data directory's, else the developers' copy in ../shared/models. */
static sc_encoder *open_encoder(const char *name)
{
    static const char shared[] = "../shared/models/vgg19-tfjs-conv1-to-conv3";
    sc_encoder *encoder;
    sc_error err, second;
    char *data_dir = sc_default_data_dir();
    int code = sc_encoder_open(NULL, &encoder, name ? name : "vgg19", data_dir, &err);
    if (!name && code == SCUMBLE_ERR_NOT_FOUND && !sc_encoder_open(NULL, &encoder, shared, data_dir, &second))
        code = SCUMBLE_OK;
    free(data_dir);
    check(code, &err);
    return encoder;
}

int main(int argc, char **argv)
{
    (void)argc;
    program_options options = { 0 };
    row_table results = { 0 }, controls = { 0 };
    sc_comparison *comparison;
    sc_threads *threads;
    sc_error err;
    int count = read_flags(&options, argv);
    read_results(&options, argv + 1, count, &results);
    sc_encoder *encoder = open_encoder(options.encoder);
    check(sc_threads_create(&threads, options.threads, &err), &err);
    sc_comparison_config config = { .encoder = encoder,
                                    .device = device_on(&sc_kernels_host, threads),
                                    .threads = threads };
    check(sc_comparison_create(&comparison, &config, &err), &err);
    printf("# measured with %s\n", sc_comparison_describe(comparison));
    measure_all(comparison, &options, &results, &controls);
    if (options.summary)
        print_summary(&options, &controls, &results);
    sc_comparison_free(comparison);
    sc_threads_destroy(threads);
    sc_encoder_free(encoder);
    free_table(&results);
    free_table(&controls);
    return 0;
}

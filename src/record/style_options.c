/* SPDX-License-Identifier: MIT */
/* The options of a style by name: one table for flags, recipes, defaults, ranges and help. */
#include <string.h>

#include "record/options.h"

/* name, group, argument, kind, field, lowest, highest, default, choices, help, manual */
#define OPTIONS(X)                                                                                                     \
    X("size", "Picture", "PX|auto|full", SIZE, size, 1, 65535, "auto", NULL, "long edge of the result in pixels",      \
      "'full' is the photo's own size, and 'auto' is that size but at most 512 pixels.")                               \
    X("iterations", "Picture", "N", WHOLE, iterations, 1, 100000, "120", NULL,                                         \
      "steps of the optimiser, over all scales together", "")                                                          \
    X("stop-after", "Picture", "N", WHOLE, stop_after, 0, 100000, "0", NULL,                                           \
      "stop earlier or later than planned; 0: as planned",                                                             \
      "N counts iterations. With fewer than `iterations` the result is the picture as it is then; with more, the "     \
      "last scale "                                                                                                    \
      "goes on until N are done.")                                                                                     \
    X("scales", "Picture", "N", WHOLE, scales, 0, 16, "0", NULL, "number of sizes, small to large; 0: as many as fit", \
      "The picture is painted small first, and each larger size starts from the one before. 1 paints at the final "    \
      "size only.")                                                                                                    \
    X("scale-factor", "Picture", "X", NUMBER, scale_factor, 1.1, 4, "2", NULL,                                         \
      "how much larger each scale is than the one before",                                                             \
      "2 doubles the size; 1.414 takes about twice as many, smaller steps.")                                           \
    X("init", "Picture", "content|noise|style|FILE", WORD, init, 0, 0, "content", "content|noise|style",               \
      "what to start from",                                                                                            \
      "'content' is the photo, 'style' the painting. A photo of one colour, or nearly so, has nothing to start from: " \
      "then the start is noise, the result is a "                                                                      \
      "texture of the style, and a note says so.")                                                                     \
    X("seed", "Picture", "N", SEED, seed, 0, 18446744073709551615.0, "0", NULL,                                        \
      "another number puts the strokes elsewhere",                                                                     \
      "It is the seed of the noise when the start is noise. Any other start is disturbed a little, in another way "    \
      "for each number; 0 leaves it as it is.")                                                                        \
    X("tileable", "Picture", NULL, SWITCH, tileable, 0, 1, "no", "no|yes", "make a result that repeats without seams", \
      "Copies of it fit together side by side and one above the other. First the shading of the photo near its "       \
      "borders is changed so that opposite borders fit together; then everything wraps round at the border. "          \
      "The value 'no' undoes it when a recipe is repeated.")                                                           \
    X("max-memory", "Picture", "BYTES", BYTES, max_memory_bytes, 0, 1e15, "0", NULL,                                   \
      "memory to take, such as 2G; 0: what is free",                                                                   \
      "A picture that needs more is painted tile by tile: slower, but with the gradient of the whole picture, and so " \
      "without seams. An eighth of the limit is for pictures; what they need beyond that lies in temporary files "     \
      "without names, in the folder TMPDIR or else /var/tmp. The same limit gives the same tiles everywhere; what a "  \
      "program "                                                                                                       \
      "that uses the library holds of its own is not counted.")                                                        \
    X("tiles", "Picture", "auto|LIST", TEXT, tiles, 0, 0, "auto", NULL, "how the picture is cut; a recipe knows",      \
      "A picture that is painted tile by tile rounds otherwise with other tiles. So the recipe of one notes them, "    \
      "and a repeat takes the same ones, whatever memory is free. LIST is, for each size from coarse to fine, the "    \
      "size and how many pixels a tile has at most, with its surroundings, 0 where the picture is not cut: "           \
      "512x342:0,1024x683:250000. 'auto' takes the largest tiles that fit `max_memory`.")                              \
    X("alpha", "Weights", "X", NUMBER, alpha, 0, 1e9, "1", NULL, "weight of the content: more gives more photo", "")   \
    X("beta", "Weights", "X", NUMBER, beta, 0, 1e9, "6", NULL, "weight of the style: more gives more paint", "")       \
    X("tv", "Weights", "X", AUTOMATIC, tv, 0, 1e9, "auto", NULL, "weight of the total variation: more is smoother",    \
      "The total variation measures how much neighbouring pixels differ. 'auto' is the weight that suits the "         \
      "encoder.")                                                                                                      \
    X("content-terms", "Weights", "TERMS", TERMS, content_terms, 0, 0, "feature:0.5,structure:1.5", SC_CONTENT_TERMS,  \
      "how the photo is kept: feature, structure, detail",                                                             \
      "Terms are separated by commas, each with an optional weight after a colon. feature keeps what is where; "       \
      "structure keeps which places resemble each other, while colours and textures may change altogether; detail "    \
      "keeps fine lines.")                                                                                             \
    X("style-terms", "Weights", "TERMS", TERMS, style_terms, 0, 0, "w2:4,nnfm", SC_STYLE_TERMS,                        \
      "measures of style: w2, nnfm, gram, others",                                                                     \
      "Terms are separated by commas, each with an optional weight after a colon, as in w2:1,neighbour:0.5. gram is "  \
      "the classic; cross-gram compares layers with each other; w2 compares moments as optimal transport does; "       \
      "sliced and histogram compare whole distributions; neighbour makes every place resemble the part of the "        \
      "painting that is most like it, and nnfm does so layer by layer, which is finer and cheaper. "                   \
      "doc/choosing-a-method.md shows what each is good at.")                                                          \
    X("preserve", "Weights", "X", NUMBER, preserve, 0, 1, "0.25", NULL, "what nnfm matches: photo (1) or picture (0)", \
      "For every place of the picture these two terms look for the place of the painting that is most like it. At 1 "  \
      "they compare the photo with the painting, which keeps the photo's structure; at 0 the picture as it is "        \
      "painted "                                                                                                       \
      "so far; in between a mixture of both.")                                                                         \
    X("legible", "Weights", "X", NUMBER, legible, 0, 1, "0.5", NULL, "how closely faces, letters and lines are held",  \
      "What stands out in the photo from quiet surroundings is compared at the encoder's finer layers, there alone; "  \
      "elsewhere nothing changes. 0 leaves it to the content terms.")                                                  \
    X("content-layers", "Weights", "LAYERS", TEXT, content_layers, 0, 0, "", NULL,                                     \
      "layers that compare the content: relu3_1:0.5,relu4_1",                                                          \
      "Layers are separated by commas, each with an optional weight after a colon. Without this option the encoder's " \
      "own choice is used. The command inspect lists the layers of an encoder.")                                       \
    X("style-layers", "Weights", "LAYERS", TEXT, style_layers, 0, 0, "", NULL,                                         \
      "layers that compare the style, written in the same way", "")                                                    \
    X("style-objects", "Style", "avoid|keep", CHOICE, objects, 0, 1, "avoid", "avoid|keep",                            \
      "whether the painting's things may appear",                                                                      \
      "The encoder's deepest style layer sees eyes, faces and stars rather than strokes. 'avoid' leaves it out "       \
      "unless `style_layers` names it; with 'keep' the largest forms of the painting appear, and its things with "     \
      "them.")                                                                                                         \
    X("style-scale", "Style", "X", NUMBER, style_scale, 0.05, 8, "1", NULL,                                            \
      "size of the painting relative to the result's",                                                                 \
      "A number below 1 gives finer strokes, one above 1 coarser strokes. A painting is never enlarged.")              \
    X("rotations", "Style", NULL, SWITCH, rotations, 0, 1, "no", "no|yes",                                             \
      "neighbour and nnfm also search the turned painting",                                                            \
      "The painting is turned by 90, 180 and 270 degrees. More places then find strokes that suit them, at four "      \
      "times the "                                                                                                     \
      "memory.")                                                                                                       \
    X("colour", "Style", "style|photo|luminance|match|FILE", WORD, colour, 0, 0, "style",                              \
      "style|photo|luminance|match", "whose colours the result has",                                                   \
      "'style' paints with the painting's colours. 'photo' first recolours the painting to the photo's colours. "      \
      "'luminance' paints lightness only and takes the colours from the photo. 'match' gives the photo's hues as the " \
      "painting would have them. FILE is a picture that serves as a palette, such as a few flat swatches: paintings "  \
      "and result are moved to its colours. All colours are measured in OKLab.")                                       \
    X("recolour", "Style", "X", NUMBER, recolour, 0, 1, "1", NULL, "how far the photo takes the painting's colours",   \
      "At 1 the photo that is painted has the mean and the spread of the painting's colours, so that paper is white "  \
      "from the start and a dark painting is dark; at 0 it has its own. With `colour` photo, luminance and a palette " \
      "it keeps its own anyway.")                                                                                      \
    X("encoder", "Network", "NAME|FILE", TEXT, encoder, 0, 0, "lite", "lite|vgg19|vgg16|inception_v3",                 \
      "the network that compares pictures", "")                                                                        \
    X("pooling", "Network", "model|max|average", CHOICE, pooling, 0, 2, "model", "model|max|average",                  \
      "how the encoder halves its maps",                                                                               \
      "'model' does what the encoder was trained with; 'average' gives smoother pictures than 'max'.")                 \
    X("grid", "Network", "even|still", CHOICE, grid, 0, 1, "even", "even|still",                                       \
      "whether flat areas are kept free of a weave",                                                                   \
      "The encoder's grid would leave a faint weave in flat areas. 'even' removes from every step what repeats every " \
      "2 or 4 pixels all over an area. 'still' leaves the weave, as version 0.1.0 did; recipes of that version are "   \
      "repeated with it.")                                                                                             \
    X("padding", "Network", "replicate|zero|reflect", CHOICE, padding, 0, 2, "replicate", "replicate|zero|reflect",    \
      "what the network sees beyond the border", "With `tileable` it sees the opposite side instead.")                 \
    X("optimizer", "Optimiser", "lbfgs|adam", CHOICE, optimizer, 0, 1, "lbfgs", "lbfgs|adam",                          \
      "the method that improves the picture", "")                                                                      \
    X("variable", "Optimiser", "pixels|pyramid|subsampled", CHOICE, variable, 0, 2, "subsampled",                      \
      "pixels|pyramid|subsampled", "what the optimiser changes",                                                       \
      "'subsampled' is lightness at every pixel and colour at half the size, as in a JPEG: the eye sees no finer "     \
      "colour, and hue gets no noise of single pixels. With paintings that are grey it is lightness alone. 'pixels' "  \
      "is red, green and blue of every pixel. "                                                                        \
      "'pyramid' is the picture's Laplacian pyramid, in which large areas change as fast as fine detail; it helps "    \
      "adam with a small learning rate.")                                                                              \
    X("learning-rate", "Optimiser", "X", NUMBER, learning_rate, 0, 10, "0", NULL, "length of adam's steps; 0: 0.02", "")

static const scumble_option_info infos[] = { OPTIONS(SC_OPTION_INFO) };
#define FIELD(name, group, argument, kind, field, ...) SC_OPTION_FIELD(sc_style_options, field)
static const sc_option_field fields[] = { OPTIONS(FIELD) };
/* A line here for every option that comes later: pictures of before are repeated as they were (tests/unit/test_past.c
 * finds what is missing). */
static const sc_past_option past[] = { { "stop-after", "0" }, { "grid", "still" }, { "tiles", "auto" },
                                       { "legible", "0" },    { "recolour", "0" }, { "style-objects", "keep" },
                                       { NULL, NULL } };
const sc_option_table sc_style_option_table = { infos, fields, SC_OPTION_COUNT(infos), sizeof(sc_style_options),
                                                past,  NULL };

sc_style_options sc_style_options_default(void)
{
    sc_style_options options;
    sc_option_table_default(&sc_style_option_table, &options);
    return options;
}

bool sc_option_is_choice(const char *name, const char *value)
{
    return sc_option_table_is_choice(&sc_style_option_table, name, value);
}

bool sc_option_names_file(const char *name, const char *value)
{
    bool takes_files = !strcmp(name, "init") || !strcmp(name, "colour") || !strcmp(name, "encoder");
    return takes_files && strchr(value, '/');
}

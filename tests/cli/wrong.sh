# SPDX-License-Identifier: MIT
# Wrong command lines and broken pictures: each gives one sentence on stderr that names what is wrong, nothing on stdout, the right exit
# status, and leaves no file behind.
. "$(dirname "$0")/tap.sh"
unset VIPSHOME # libvips with all its modules, see tap.sh
make_pictures
mkdir empty pictures
cp photo.png pictures/a.png
cp second.png pictures/b.png
: >nothing.png
echo 'this is a text, not a picture' >text.jpg
head -c 150 photo.png >short.png
head -c 3000 "$root/tests/fuzz/corpus/onnx/nearest.onnx" >cut.onnx
head -c 4000 /dev/zero >zeros.png
printf '\377\330\377\340' >start.jpg
printf '{"recipe": 1, "options": {"alpha": "-5"}}' >bad-option.json
printf '{"recipe": 1, "options": {"wobble": "5"}}' >unknown-option.json
printf '{"recipe": 1, "options": {}, "content": {"path": "gone.png", "sha256": "00"}}' >gone.json
printf '{"hello": "world"}' >other.json
printf '{"recipe": 1' >broken.json
printf 'P6\n99999 99999\n255\n' >huge.ppm
printf 'GIF89a' >head.gif
awk 'BEGIN { print "P2 48 32 255"; for (i = 0; i < 48 * 32; i++) print 255 * (i % 48 < 24) }' >mask.pgm
awk 'BEGIN { print "P2 44 36 255"; for (i = 0; i < 44 * 36; i++) print 0 }' >dark.pgm
awk 'BEGIN { print "P3 48 32 255"; for (i = 0; i < 48 * 32; i++) print i % 48 < 24 ? "255 0 0" : "0 200 0" }' >labels.ppm
awk 'BEGIN { print "P3 44 36 255"; for (i = 0; i < 44 * 36; i++) print "255 0 0" }' >red.ppm
# wrong CODE TEXT ARGUMENTS...: CODE is a pattern of the shell, TEXT a basic regular expression.
wrong() {
    code=$1 text=$2 good=yes
    shift 2
    ls -AR >"$scratch/before"
    "$scumble" "$@" >"$scratch/said.out" 2>"$scratch/said.err" </dev/null
    status=$?
    # shellcheck disable=SC2254
    case $status in $code) ;; *) echo "exit status $status in place of $code"; good=no ;; esac
    [ ! -s "$scratch/said.out" ] || { echo "something on stdout"; good=no; }
    [ "$(wc -l <"$scratch/said.err")" -eq 1 ] || { echo "not one line"; good=no; }
    [ "$(wc -c <"$scratch/said.err")" -le 400 ] || { echo "a long message"; good=no; }
    grep -q '^scumble: ' "$scratch/said.err" || { echo "no 'scumble: ' in front"; good=no; }
    grep -q -e "$text" "$scratch/said.err" || { echo "no '$text' in it"; good=no; }
    ls -AR | diff "$scratch/before" - || { echo "files were left"; good=no; }
    cat "$scratch/said.err"
    [ $good = yes ]
}

# Each line: exit status | what the message must hold | arguments (quoted as for the shell).
while IFS='|' read -r code text arguments; do
    case $code in '' | '#'*) continue ;; esac
    eval "set -- $arguments"
    check "scumble $arguments" wrong "$code" "$text" "$@"
done <<'END'
# the command
2|no command 'stylse' (did you mean 'stylize'|stylse photo.png
2|no command 'sheets' (did you mean 'sheet'|sheets
2|no command 'model' (did you mean 'models'|model list
2|no command 'xyzzy'|xyzzy
2|presets takes no name, but got 'draft'|presets draft
2|unknown option --list|presets --list
2|did you mean 'presets'|preset
2|scumble stylize photo.png --style|photo.png --style painting.png
2|options come after|--style painting.png photo.png
2|no command 'paint'|help paint
# textures
2|no painting|texture
2|no painting|texture --size 20
2|one painting|texture painting.png second.png
2|weight above 0|texture painting.png:0
2|weight above 0|texture painting.png --style second.png:x
2|--size is '0'|texture painting.png --size 0
2|--size is '64x'|texture painting.png --size 64x
2|--size is 'x64'|texture painting.png --size x64
2|--size is '64x0'|texture painting.png --size 64x0
2|--size is '64x64x64'|texture painting.png --size 64x64x64
2|--size is '70000'|texture painting.png --size 70000
2|--size is '-64x64'|texture painting.png --size=-64x64
2|--size is '1e3'|texture painting.png --size 1e3
2|--size is 'auto'|texture painting.png --size auto
2|unknown option --alpha|texture painting.png --alpha 3
2|no photo|texture painting.png --colour match
2|--tileable: 'maybe' is not one of no.yes|texture painting.png --tileable=maybe
2|--tileable is empty|texture painting.png --tileable=
2|--padding: 'circular'|texture painting.png --padding circular
2|cannot write .xyz|texture painting.png -o out.xyz
2|would overwrite the input|texture painting.png -o painting.png
1|cannot read the style 'gone.png'|texture gone.png
1|is a folder|texture pictures
1|text.jpg|texture text.jpg
1|no recipe|texture --from photo.png
# flags
2|unknown option --sytle (did you mean --style|stylize photo.png --sytle painting.png
2|unknown option --iteration (did you mean --iterations|stylize photo.png --style painting.png --iteration 4
2|unknown option --colur (did you mean --colour|stylize photo.png --style painting.png --colur match
2|unknown option --out (did you mean --output|stylize photo.png --style painting.png --out a.png
2|unknown option --frobnicate; scumble stylize --help|stylize photo.png --style painting.png --frobnicate
2|unknown option -z|stylize photo.png --style painting.png -z
2|two dashes: --size|stylize photo.png --style painting.png -size 64
2|unknown option --;|stylize photo.png --= 3
2|--style needs a value|stylize photo.png --style
2|--style needs a value, but '-o' follows|stylize photo.png --style -o out.png
2|--style is empty|stylize photo.png --style ''
2|--style is empty|stylize photo.png --style=
2|--output needs a value|stylize photo.png --style painting.png -o
2|--output needs a value, but '-q' follows|stylize photo.png --style painting.png -o -q
2|--size needs a value|stylize photo.png --style painting.png --size
2|--quiet takes no value|stylize photo.png --style painting.png --quiet=yes
2|--dry-run takes no value|stylize photo.png --style painting.png --dry-run=1
2|empty argument|stylize '' --style painting.png
# what is missing, what does not go together
2|no photo|stylize
2|no photo|stylize --style painting.png
2|no style|stylize photo.png
2|no style|stylize photo.png second.png -o out/
2|no style|stylize -- photo.png --style painting.png
2|--from and --resume do not|stylize --from photo.png --resume a.checkpoint
2|--resume goes on with one picture|stylize photo.png second.png --style painting.png --resume a.checkpoint
2|give --preview FILE|stylize photo.png --style painting.png --every 3
2|-q and -v|stylize photo.png --style painting.png -q -v
2|-q and -v|stylize photo.png --style painting.png -qv
2|-q and --progress bar|stylize photo.png --style painting.png -q --progress bar
2|give one of the two|stylize photo.png --style painting.png --preset draft --variations presets
2|leave out --variations|stylize --resume a.checkpoint --variations 2
2|but there is only one|stylize photo.png --style painting.png --variations styles
2|there is only one variation|stylize photo.png --style painting.png -o 'out-{variation}.png'
2|a sheet shows all|stylize photo.png --style painting.png --variations 2 --sheet 'sheet-{variation}.png'
2|--sheet is 's.png', one file for 2 photos|stylize photo.png second.png --style painting.png -o '{n}.png' --variations 2 --sheet s.png
2|overwrite the input 'photo.png'|stylize photo.png --style painting.png --variations 2 --sheet photo.png
2|-o and --sheet both name|stylize photo.png --style painting.png -o out.png --variations 2 --sheet out-2.png
2|--sheet is 'sheet.txt'|stylize photo.png --style painting.png --variations 2 --sheet sheet.txt
1|no folder 'missing'|stylize photo.png --style painting.png --variations 2 --sheet missing/s.png
1|cannot read the photo 'gone.png'|stylize gone.png --style painting.png --variations 3
# values of the program's flags
2|--variations is '0'; it must be a whole number from 1 to 99, 'presets' or 'styles'|stylize photo.png --style painting.png --variations 0
2|--variations is '100'|stylize photo.png --style painting.png --variations 100
2|--variations is 'style'|stylize photo.png --style painting.png --variations style
2|--variations is 'presets'; it must be a whole number from 1 to 99$|texture painting.png --variations presets
2|unknown option --preset|texture painting.png --preset draft
2|there is no preset 'drafts' (did you mean 'draft'|stylize photo.png --style painting.png --preset drafts
2|--threads is 'abc'|stylize photo.png --style painting.png --threads abc
2|--threads is '0'|stylize photo.png --style painting.png --threads 0
2|--threads is '-1'|stylize photo.png --style painting.png --threads -1
2|--threads is '1.5'|stylize photo.png --style painting.png --threads 1.5
2|--threads is '99999999999999999999'|stylize photo.png --style painting.png --threads 99999999999999999999
2|--threads is ' 1'|stylize photo.png --style painting.png --threads ' 1'
2|--every is '0'|stylize photo.png --style painting.png --preview p.png --every 0
2|--every is '-3'|stylize photo.png --style painting.png --preview p.png --every -3
2|--checkpoint-every is 'x'|stylize photo.png --style painting.png --checkpoint-every x
2|--quality is '0'|stylize photo.png --style painting.png --quality 0
2|--quality is '101'|stylize photo.png --style painting.png --quality 101
2|--bits is '12'; it must be one of 8|stylize photo.png --style painting.png --bits 12
2|--icc is 'maybe'; it must be one of srgb|stylize photo.png --style painting.png --icc maybe
2|--progress is 'loud'; it must be one of auto|stylize photo.png --style painting.png --progress loud
2|--max-pixels is '-5'|stylize photo.png --style painting.png --max-pixels -5
2|--max-pixels is '5T'|stylize photo.png --style painting.png --max-pixels 5T
2|--max-pixels is '99999999999G'|stylize photo.png --style painting.png --max-pixels 99999999999G
# values of the library's options
2|--size: '-5'|stylize photo.png --style painting.png --size -5
2|--size: 'nan'|stylize photo.png --style painting.png --size nan
2|--size: 'big'|stylize photo.png --style painting.png --size big
2|--size: '99999999999999'|stylize photo.png --style painting.png --size 99999999999999
2|--size: '64.5'|stylize photo.png --style painting.png --size 64.5
2|--size: '64px'|stylize photo.png --style painting.png --size 64px
2|--iterations: '0'|stylize photo.png --style painting.png --iterations 0
2|--iterations: '-7'|stylize photo.png --style painting.png --iterations -7
2|--iterations: '1e99'|stylize photo.png --style painting.png --iterations 1e99
2|--scales: '-1'|stylize photo.png --style painting.png --scales -1
2|--alpha: '-1'|stylize photo.png --style painting.png --alpha -1
2|--alpha: 'nan'|stylize photo.png --style painting.png --alpha nan
2|--alpha: '-inf'|stylize photo.png --style painting.png --alpha -inf
2|--alpha: '1e999'|stylize photo.png --style painting.png --alpha=1e999
2|--beta: '1,5'|stylize photo.png --style painting.png --beta 1,5
2|--beta: 'infinity'|stylize photo.png --style painting.png --beta infinity
2|--tv: 'x'|stylize photo.png --style painting.png --tv x
2|--seed: '-1'|stylize photo.png --style painting.png --seed -1
2|--style-scale: '0'|stylize photo.png --style painting.png --style-scale 0
2|--style-scale: '100'|stylize photo.png --style painting.png --style-scale 100
2|--colour: 'luminanc'|stylize photo.png --style painting.png --colour luminanc
2|--pooling: 'avg'|stylize photo.png --style painting.png --pooling avg
2|--padding: 'none'|stylize photo.png --style painting.png --padding none
2|--optimizer: 'sgd'|stylize photo.png --style painting.png --optimizer sgd
2|--learning-rate: '-0.1'|stylize photo.png --style painting.png --learning-rate -0.1
2|--max-memory: '-2G'|stylize photo.png --style painting.png --max-memory -2G
2|--max-memory: '2X'|stylize photo.png --style painting.png --max-memory 2X
[12]|conv1|stylize photo.png --style painting.png --style-layers relu1_1,conv1_9
[12]|relu|stylize photo.png --style painting.png --content-layers rely4_1
[12]|relu1_1|stylize photo.png --style painting.png --style-layers relu1_1:-2
[12]|relu1_1|stylize photo.png --style painting.png --style-layers relu1_1:x
[12]|vgg91|stylize photo.png --style painting.png --encoder vgg91
[12]|models pull vgg19|stylize photo.png --style painting.png --encoder vgg19
[12]|text.jpg|stylize photo.png --style painting.png --encoder text.jpg
[12]|gone.png|stylize photo.png --style painting.png --init gone.png
[12]|text.jpg|stylize photo.png --style painting.png --init text.jpg
# styles
2|weight above 0|stylize photo.png --style painting.png:0
2|weight above 0|stylize photo.png --style painting.png:-1
2|weight above 0|stylize photo.png --style painting.png:
2|weight above 0|stylize photo.png --style painting.png:heavy
2|weight above 0|stylize photo.png --style painting.png:nan
2|weight above 0|stylize photo.png --style :1
1|cannot read the style 'gone.png'|stylize photo.png --style gone.png
1|cannot read the style 'gone.png'|stylize photo.png --style gone.png:2
1|is a folder|stylize photo.png --style pictures
1|nothing.png|stylize photo.png --style nothing.png
1|text.jpg|stylize photo.png --style text.jpg
# regions
2|--mask is given 2 times for 1 style;|stylize photo.png --style painting.png --mask mask.pgm --mask mask.pgm
2|--mask is given 1 time for 2 styles|stylize photo.png --style painting.png --style second.png --mask mask.pgm
2|--style-mask is given 1 time for 2 paintings|stylize photo.png --style painting.png --style second.png --style-mask dark.pgm
2|--style-mask is given 2 times for 1 painting;|stylize photo.png --style painting.png --style-mask red.ppm --style-mask none
2|there are no masks, but there are 2|stylize photo.png --style painting.png --style second.png --mask none --mask mask.pgm
2|--faces takes no value|stylize photo.png --style painting.png --faces=yes
2|unknown option --mask|texture painting.png --mask mask.pgm
1|cannot read the mask 'gone.png' that --mask names|stylize photo.png --style painting.png --mask gone.png
1|cannot read the mask 'gone.png' that --style-mask names|stylize photo.png --style painting.png --style-mask gone.png
1|--protect is 'pictures', which is a folder|stylize photo.png --style painting.png --protect pictures
1|text.jpg|stylize photo.png --style painting.png --mask text.jpg
1|text.jpg|stylize photo.png --style painting.png --style-mask text.jpg
1|--mask 'dark.pgm' is 44 x 36 pixels, but the photo 'photo.png' is 48 x 32|stylize photo.png --style painting.png --mask dark.pgm
1|--protect 'dark.pgm' is 44 x 36 pixels|stylize photo.png --style painting.png --protect dark.pgm
1|the photo 'second.png' is 40 x 40|stylize photo.png second.png --style painting.png --mask mask.pgm -o '{n}.png'
1|'mask.pgm' is 48 x 32 pixels, but its painting is 44 x 36|stylize photo.png --style painting.png --style-mask mask.pgm
1|'dark.pgm' is black everywhere|stylize photo.png --style painting.png --style-mask dark.pgm
1|no style mask has the colour #00c800, which the mask 'labels.ppm' has in|stylize photo.png --style painting.png --mask labels.ppm --style-mask red.ppm
2|overwrite the input 'mask.pgm'|stylize photo.png --style painting.png --mask mask.pgm --recipe mask.pgm
2|overwrite the input 'red.ppm'|stylize photo.png --style painting.png --colour red.ppm -o red.ppm
2|overwrite the input 'red.ppm'|texture painting.png --colour red.ppm --preview red.ppm
2|overwrite the input 'red.ppm'|stylize photo.png --style painting.png --style-mask red.ppm --recipe red.ppm
# photos
1|cannot read the photo 'gone.png'|stylize gone.png --style painting.png
1|nothing.png|stylize nothing.png --style painting.png
1|text.jpg|stylize text.jpg --style painting.png
1|short.png|stylize short.png --style painting.png
1|zeros.png|stylize zeros.png --style painting.png
1|start.jpg|stylize start.jpg --style painting.png
1|huge.ppm|stylize huge.ppm --style painting.png
1|head.gif|stylize head.gif --style painting.png
1|no pictures in it|stylize empty --style painting.png
1|no file matches the pattern|stylize 'empty/*.jpg' --style painting.png
1|no file matches the pattern|stylize '*.bmp' --style painting.png
1|--max-pixels|stylize photo.png --style painting.png --max-pixels 100
# outputs
2|cannot write .xyz|stylize photo.png --style painting.png -o out.xyz
2|no ending|stylize photo.png --style painting.png -o out
2|cannot write .svg|stylize photo.png --style painting.png -o out.svg
1|no folder 'missing'|stylize photo.png --style painting.png -o missing/out.png
1|'photo.png' is not a folder|stylize photo.png --style painting.png -o photo.png/out.png
1|cannot make the folder|stylize photo.png --style painting.png -o missing/deeper/
2|goes with -o -|stylize photo.png --style painting.png -o out.png --format png
2|overwrite the input 'photo.png'|stylize photo.png --style painting.png -o photo.png
2|overwrite the input 'photo.png'|stylize photo.png --style painting.png -o ./pictures/../photo.png
2|overwrite the input 'painting.png'|stylize photo.png --style painting.png -o painting.png
2|overwrite the input|stylize pictures --style painting.png -o '{name}.png' pictures/../photo.png second.png --preview 'pictures/{name}.png'
2|one file for 2 photos|stylize photo.png second.png --style painting.png -o out.png
2|one file for 2 photos|stylize pictures --style painting.png -o out.png
2|--csv is 'l.csv', one file|stylize photo.png second.png --style painting.png -o '{n}.png' --csv l.csv
2|--checkpoint is|stylize photo.png second.png --style painting.png -o '{n}.png' --checkpoint c
2|two pictures the name|stylize photo.png pictures/../photo.png --style painting.png
2|two pictures the name|stylize photo.png second.png --style painting.png -o 'out-{style}.png'
2|holds '{nmae}'|stylize photo.png --style painting.png -o '{nmae}.png'
2|no '}'|stylize photo.png --style painting.png -o '{name.png'
2|both name the file|stylize photo.png --style painting.png -o out.png --preview out.png
2|both name the file|stylize photo.png --style painting.png --csv a.txt --plot a.txt
2|overwrite the input|stylize photo.png --style painting.png --csv photo.png
2|overwrite the input 'second.png'|stylize photo.png --style painting.png --init second.png -o second.png
2|overwrite the input 'text.jpg'|stylize photo.png --style painting.png --encoder text.jpg --csv text.jpg
2|--preview is 'p.xyz'|stylize photo.png --style painting.png --preview p.xyz
1|--preview is 'missing/p.png', but there is no folder|stylize photo.png --style painting.png --preview missing/p.png
1|--csv is 'missing/l.csv', but there is no folder|stylize photo.png --style painting.png --csv missing/l.csv
1|--plot is 'empty', which names a folder|stylize photo.png --style painting.png --plot empty
1|--recipe is 'missing/r.json'|stylize photo.png --style painting.png --recipe missing/r.json
1|--checkpoint is 'missing/c'|stylize photo.png --style painting.png --checkpoint missing/c
1|standard output|stylize photo.png --style painting.png --csv -
[12]|16|stylize photo.png --style painting.png -o out.jpg --bits 16
1|/proc/out.png|stylize photo.png --style painting.png -o /proc/out.png
# recipes and checkpoints
1|gone.png|stylize --from gone.png
1|no recipe|stylize --from photo.png
1|text.jpg|stylize --from text.jpg
1|nothing.png|stylize --from nothing.png
1|recipe|stylize --from other.json
1|JSON|stylize --from broken.json
1|alpha|stylize photo.png --style painting.png --from bad-option.json
1|wobble|stylize photo.png --style painting.png --from unknown-option.json
1|gone.png|stylize --from gone.json
1|gone|stylize --resume gone.checkpoint
1|text.jpg|stylize photo.png --style painting.png --resume text.jpg
1|photo.png|stylize photo.png --style painting.png --resume photo.png
# sheet
2|no pictures|sheet
2|no pictures|sheet -o s.png
2|no name for the sheet|sheet photo.png
2|no ending|sheet photo.png -o s
2|no ending|sheet photo.png -o s.xyz
1|no folder|sheet photo.png -o missing/s.png
2|overwrite the input|sheet photo.png painting.png -o painting.png
2|--height is '0'|sheet photo.png -o s.png --height 0
2|--height is '-4'|sheet photo.png -o s.png --height -4
2|--height is '1e3'|sheet photo.png -o s.png --height 1e3
2|--columns is '0'|sheet photo.png -o s.png --columns 0
2|--gap is 'wide'|sheet photo.png -o s.png --gap wide
2|did you mean --height|sheet photo.png -o s.png --heigth 64
1|gone.png|sheet photo.png gone.png -o s.png
1|text.jpg|sheet photo.png text.jpg -o s.png
1|no pictures in it|sheet empty -o s.png
# inspect
2|needs a layer|inspect photo.png -o f.png
2|needs a layer|inspect photo.png --gram
2|no photo|inspect --layer relu3_1
2|takes one|inspect photo.png second.png --layer relu3_1
[12]|relu3_1|inspect photo.png --layer relu3_11
1|gone.png|inspect gone.png --layer relu3_1
1|text.jpg|inspect text.jpg --layer relu3_1
2|no ending|inspect photo.png --layer relu3_1 -o f
2|overwrite the input|inspect photo.png --layer relu3_1 -o photo.png
2|--maps is '0'|inspect photo.png --layer relu3_1 --maps 0
2|--size is 'x'|inspect photo.png --layer relu3_1 --size x
[12]|nowhere|inspect photo.png --layer relu3_1 --encoder nowhere
[12]|nowhere|inspect --encoder nowhere
# models
2|say what to do|models
2|did you mean 'list'|models lst
2|no 'models remove'|models remove vgg19
2|needs a model|models info
2|needs a model|models import
2|needs a model|models pull
2|needs --arch|models import text.jpg
2|takes no name|models list all
2|takes one name|models info a b
2|belongs to 'models import'|models list --arch vgg19
2|belongs to 'models info'|models list --tensors
2|needs a painter|models export
2|needs --onnx|models export photo.png
2|belongs to 'models export'|models list --onnx x.onnx
2|takes one name|models export a b --onnx x.onnx
1|gone.pth|models export gone.pth --onnx x.onnx
1|photo.png|models export photo.png --onnx x.onnx
1|damaged or incomplete|models export cut.onnx --onnx x.onnx
2|overwrite|models export cut.onnx --onnx ./cut.onnx
[12]|gone|models export cut.onnx --onnx gone/x.onnx
[12]|text.jpg|models import text.jpg --arch vgg20
[12]|text.jpg|models import text.jpg --arch vgg19
[12]|gone.pth|models import gone.pth --arch vgg19
[12]|gone.pth|models info gone.pth
[12]|nothing.png|models info nothing.png
[12]|vgg91|models pull vgg91
END
finish

# SPDX-License-Identifier: MIT
# Rights and provenance: what inputs say is shown, refused and recorded; what ExifTool, an independent reader, finds in the pictures; hostile metadata.
. "$(dirname "$0")/tap.sh"
unset VIPSHOME # libvips with all its modules, see tap.sh
make_pictures

check "nothing known" says 'says nothing of rights' "$scumble" provenance painting.png
check "plain pictures have no rights to show" sh -c '"$1" stylize photo.png --style painting.png --iterations 2 -o plain.png --rights strict 2>err && ! grep rights err' - "$scumble"
check "where it comes from" says 'content      photo.png: matches photo.png' "$scumble" provenance plain.png
check "the encoder's licence" grep -q 'encoder      lite; licence: MIT' "$scratch/last.out"
check "files that are named" says 'style        painting.png: matches painting.png' "$scumble" provenance plain.png painting.png
check "the photo was not" grep -q 'content      photo.png: not given' "$scratch/last.out"
mkdir -p moved && cp photo.png moved/elsewhere.png
check "by content, not by name" says 'photo.png: matches moved/elsewhere.png' "$scumble" provenance plain.png moved/elsewhere.png painting.png
cp second.png moved/photo.png
check "another file of that name" exits 1 "$scumble" provenance plain.png moved/photo.png painting.png
check "is named" grep -q "'moved/photo.png' is not the content that was recorded" "$scratch/last.err"
check "a file that is no source" exits 1 "$scumble" provenance plain.png second.png
check "is named, too" grep -q "'second.png' is none of the sources" "$scratch/last.err"
check "--json" sh -c '"$1" provenance plain.png --json | grep -q "\"status\": \"matches\""' - "$scumble"
check "a file that is not there" exits 1 "$scumble" provenance none.png
check "no file at all" exits 2 "$scumble" provenance
check "a file that is neither picture nor recipe" sh -c 'echo hello >text.txt; ! "$1" provenance text.txt 2>err && [ "$(wc -l <err)" -eq 1 ]' - "$scumble"
check "a recipe" sh -c '"$1" stylize photo.png --style painting.png --iterations 2 -o other.png -q --recipe r.json && "$1" provenance r.json | grep -q "style        painting.png: matches"' - "$scumble"

check "PPM: the recipe is beside it" sh -c '"$1" stylize photo.png --style painting.png --iterations 2 -o out.ppm -q && [ -s out.ppm.json ]' - "$scumble"
check "provenance finds it" says 'style        painting.png: matches' "$scumble" provenance out.ppm
check "--from, too" "$scumble" stylize --from out.ppm -o out.again.png -q
check "the same pixels" "$tool" pixels out.ppm out.again.png
cp photo.png 'in.ppm.json'
check "an input there is not overwritten" exits 2 "$scumble" stylize in.ppm.json --style painting.png --iterations 2 -o in.ppm

check "a texture" "$scumble" texture painting.png --size 24 --iterations 2 -o texture.png -q
check "has no content" sh -c '"$1" provenance texture.png >out && grep -q "style        painting.png: matches" out && ! grep -q content out' - "$scumble"
"$tool" painter wave 1 wave.scumble
check "a painter's picture" sh -c '"$1" apply wave.scumble photo.png -o applied.png -q && "$1" provenance applied.png >out && grep -q "painter      wave; licence: MIT" out &&
    grep -q "painter      wave.scumble: matches" out && grep -q "content      photo.png: matches" out' - "$scumble"

if ! command -v exiftool >/dev/null; then
    count=$((count + 1))
    echo "ok $count - what ExifTool reads and writes # SKIP exiftool is not installed"
    finish
    exit
fi

tag() { # tag FILE NAME...: sets tags
    file=$1
    shift
    exiftool -q -m -overwrite_original "$@" "$file"
}

# ---- inputs ----
cp photo.png tagged.png && tag tagged.png -XMP-dc:Creator='Ph One' -XMP-dc:Creator='Ph Two' -XMP-dc:Rights='© Ph Zürich' -XMP-xmpRights:UsageTerms='CC BY-NC 4.0'
"$scumble" sheet painting.png -o style.jpg --height 36 2>/dev/null
tag style.jpg -EXIF:Copyright='(c) 2020 A. Painter' -EXIF:Artist='A. Painter' -IPTC:CopyrightNotice='(c) 2020 A. Painter' -IPTC:Credit='Agency' -XMP-xmpRights:Marked=True
check "a picture of another program" sh -c '"$1" provenance style.jpg >own.txt' - "$scumble"
for row in 'notice       (c) 2020 A. Painter (IPTC, EXIF)' 'creator      A. Painter (EXIF)' 'credit       Agency (IPTC)' 'marked       True (XMP)'; do
    check "says: $row" grep -qF "$row" own.txt
done
for format in tif webp avif jxl; do
    if "$tool" picture 20 20 1 in.$format 2>/dev/null && tag in.$format -XMP-dc:Rights='© in XMP' -EXIF:Copyright='(c) in EXIF' 2>/dev/null; then
        check "$format: XMP" says '© in XMP' "$scumble" provenance in.$format
        check "$format: EXIF" grep -q '(c) in EXIF' "$scratch/last.out"
    fi
done
tag photo.png -PNG:Copyright='A text' -PNG:Author='An author'
check "texts of PNG" says 'notice       A text (PNG text)' "$scumble" provenance photo.png

check "shown before the start" says 'rights of tagged.png: © Ph Zürich; by Ph One; Ph Two; CC BY-NC 4.0; not for commercial use' "$scumble" stylize tagged.png --style style.jpg --dry-run
check "the style's" grep -q 'rights of style.jpg: (c) 2020 A. Painter; by A. Painter; credit Agency; marked as under copyright' "$scratch/last.out"
check "not with ignore" sh -c '! "$1" stylize tagged.png --style style.jpg --dry-run --rights ignore 2>&1 | grep "rights of"' - "$scumble"
check "nor with -q" sh -c '! "$1" stylize tagged.png --style style.jpg --dry-run -q 2>&1 | grep "rights of"' - "$scumble"
check "strict refuses the style" exits 1 "$scumble" stylize tagged.png --style style.jpg --iterations 2 -o strict.png --rights strict
check "says why" grep -q "the style 'style.jpg' is marked as under copyright" "$scratch/last.err"
check "paints nothing" sh -c '[ ! -e strict.png ]'
check "strict refuses a texture of it" exits 1 "$scumble" texture style.jpg --size 24 --iterations 2 -o strict.png --rights strict
check "the photo may be reserved" "$scumble" stylize style.jpg --style painting.png --iterations 2 -o own.png -q --rights strict
check "a permission of no text" exits 2 "$scumble" stylize tagged.png --style style.jpg --rights strict --i-have-permission ''

# ---- outputs ----
hash_photo=$(sha256sum tagged.png | cut -d' ' -f1) hash_style=$(sha256sum style.jpg | cut -d' ' -f1)
reads() { # reads FORMAT: what ExifTool finds
    exiftool -j -struct -n "out.$1" >tags.json || return 1
    cat tags.json
    jq -e --arg photo "$hash_photo" --arg style "$hash_style" --arg version "$("$scumble" --version)" '.[0]
        | .DigitalSourceType == "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
        and .CreatorTool == $version and .Source == "tagged.png" and .Rights == "© Ph Zürich" and .UsageTerms == "CC BY-NC 4.0"
        and .Creator == ["Ph One", "Ph Two"] and (has("Marked") | not)
        and .Ingredients == [{DocumentID: ("sha256:" + $photo), FilePath: "tagged.png"}, {DocumentID: ("sha256:" + $style), FilePath: "style.jpg"}]
        and .Sources[0].Role == "content" and .Sources[0].Sha256 == $photo
        and .Sources[1].Role == "style" and .Sources[1].Sha256 == $style and .Sources[1].Notice == "(c) 2020 A. Painter" and (.Sources[1].Marked | tostring | ascii_downcase) == "true"
        and .Encoder == "lite" and (.EncoderLicence | startswith("MIT")) and (.EncoderSHA256 | tostring | length) == 64
        and .Permission == "a letter, <2026> & \"signed\"" and (.Recipe | fromjson | .permission) == "a letter, <2026> & \"signed\""' tags.json
}
for format in png jpg webp tif avif jxl; do
    "$tool" picture 8 8 1 can.$format 2>/dev/null || continue
    check "$format with permission" "$scumble" stylize tagged.png --style style.jpg --iterations 2 -q -o out.$format --rights strict --i-have-permission 'a letter, <2026> & "signed"'
    check "$format read by ExifTool" reads $format
    check "$format read by scumble" says "permission   a letter, <2026> & \"signed\"" "$scumble" provenance out.$format tagged.png style.jpg
    check "$format is well-formed to ExifTool" sh -c '! exiftool -validate -warning -a "$1" | grep -i "xmp\|xml"' - out.$format
done
check "the metadata names no folder" sh -c 'cp style.jpg moved/ && "$1" stylize tagged.png --style "$PWD/moved/style.jpg" --iterations 2 -q -o path.png &&
    exiftool -j -struct path.png | jq -e ".[0] | del(.Recipe, .SourceFile, .Directory) | tostring | contains(\"moved\") | not"' - "$scumble"
check "of variations each" sh -c '"$1" stylize tagged.png --style style.jpg --iterations 2 -q -o many.png --variations 2 && exiftool -s3 -DigitalSourceType many-2.png | grep -q composite' - "$scumble"
check "apply carries the photo's rights" sh -c '"$1" apply wave.scumble tagged.png -o applied.jpg -q && exiftool -j -struct applied.jpg >tags.json &&
    jq -e ".[0] | .Rights == \"© Ph Zürich\" and .Painter == \"wave\" and .PainterLicence == \"MIT\" and .Sources[0].Role == \"content\"" tags.json' - "$scumble"
check "a result of a reserved style as the next style" exits 1 "$scumble" stylize painting.png --style out.png --iterations 2 --rights strict -o next.png
check "a result as the next style" exits 1 "$scumble" stylize painting.png --style own.png --iterations 2 --rights strict -o next.png

mkdir photos && "$tool" picture 90 80 1 photos/1.png && "$tool" picture 120 90 9 large.png && tag large.png -XMP-dc:Rights='© A. Painter, all rights reserved'
check "a training shows what paintings say" says 'rights of large.png: © A. Painter, all rights reserved' "$scumble" train large.png --content photos --crop 64 --style-size 100 --batch 1 --steps 1 -o mine.scumble
check "the painter remembers" sh -c '"$1" provenance mine.scumble >out && grep -q "painting     large.png: matches" out && grep -q "all rights reserved" out' - "$scumble"
check "its pictures name what it was trained on" sh -c '"$1" apply mine.scumble photo.png -o mine.png -q && exiftool -j -struct mine.png | jq -e ".[0].Sources[1] |
    .Role == \"painting\" and .Name == \"large.png\" and .Notice == \"© A. Painter, all rights reserved\""' - "$scumble"
check "strict refuses the picture of a painter as a style" exits 1 "$scumble" stylize painting.png --style mine.png --iterations 2 --rights strict -o next.png
check "strict refuses the painter" exits 1 "$scumble" apply mine.scumble photo.png -o mine2.png --rights strict
check "says why" grep -q "the painter's painting 'large.png' reserves all rights" "$scratch/last.err"
"$scumble" models export mine.scumble --onnx mine.onnx >log 2>&1
check "strict refuses it as ONNX, too" exits 1 "$scumble" apply mine.onnx photo.png -o mine2.png --rights strict
check "unless there is a permission" "$scumble" apply mine.scumble photo.png -o mine2.png --rights strict --i-have-permission yes -q
check "that is recorded" sh -c 'exiftool -s3 -Permission mine2.png | grep -qx yes'

train="large.png --content photos --crop 64 --style-size 100 --batch 1 --steps 4 -o permitted.scumble --rights strict"
# shellcheck disable=SC2086
check "strict refuses to learn from it" exits 1 "$scumble" train $train
check "and leaves nothing" sh -c '[ ! -e permitted.scumble ] && [ ! -e permitted.train ]'
# shellcheck disable=SC2086
check "with permission it learns, until it is interrupted" exits 130 "$tool" interrupt 2 2 "$scumble" train $train --i-have-permission 'a letter' --progress json
check "rights are a matter of the beginning" exits 2 "$scumble" train --resume permitted.train --rights strict
check "goes on with what was stated" "$scumble" train --resume permitted.train -q
check "the painter has the permission" sh -c '"$1" provenance permitted.scumble | grep -q "a letter"' - "$scumble"

# ---- hostile ----
printf '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><r>&c;</r>' >bomb.xmp
head -c 30000 /dev/urandom >noise.xmp
head -c 400 style.jpg >cut.xmp
{ printf "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"; head -c 60000 /dev/zero | tr '\0' '<'; } >open.xmp
inject() { # inject PICTURE METADATA OUT: puts any bytes where XMP belongs
    python3 - "$@" <<'END'
import struct, sys, zlib
picture, packet = (open(name, "rb").read() for name in sys.argv[1:3])
if picture[:2] == b"\xff\xd8":
    body = b"http://ns.adobe.com/xap/1.0/\0" + packet
    out = picture[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + picture[2:]
else:
    body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + packet
    out = picture[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + picture[33:]
open(sys.argv[3], "wb").write(out)
END
}
for metadata in bomb noise cut open; do
    inject painting.png $metadata.xmp hostile.png && inject style.jpg $metadata.xmp hostile.jpg
    check "$metadata in PNG" says 'says nothing of rights' "$scumble" provenance hostile.png
    check "$metadata in JPEG leaves the rest" says 'credit       Agency (IPTC)' "$scumble" provenance hostile.jpg
    check "$metadata paints" "$scumble" stylize hostile.png --style hostile.jpg --iterations 2 -o hostile-out.png -q
done
tag style.jpg -IPTC:CopyrightNotice="$(head -c 1500 /dev/zero | tr '\0' 'x')" -EXIF:Copyright="CC0 $(head -c 20000 /dev/zero | tr '\0' 'y')"
check "what is too long is cut, and so not taken for open" exits 1 "$scumble" stylize photo.png --style style.jpg --iterations 2 --rights strict -o cut.png
cp painting.png turned.png && tag turned.png -XMP-dc:Rights="$(printf 'a\342\200\256b\033[31m\302\205c')"
check "controls do not reach the terminal" sh -c '"$1" provenance turned.png >out; ! grep -q "$(printf "\033")" out && grep -q "notice       ab" out' - "$scumble"
recipe='{"recipe": 1, "scumble": 7, "styles": [{"path": "\u001b[31m", "sha256": [], "rights": {"notice": 5, "creator": "\u001b[2J"}}, 3, null], "content": "x", "encoder": []}'
printf '%s' "$recipe" >odd.json
check "a recipe of wrong types" "$scumble" provenance odd.json
check "nor do its texts" sh -c '! grep -q "$(printf "\033")" "$1"' - "$scratch/last.out"
finish

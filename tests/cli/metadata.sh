# SPDX-License-Identifier: MIT
# What results keep of a photo's metadata, and what they drop, as ExifTool, an independent reader, finds it in every format.
. "$(dirname "$0")/tap.sh"
unset VIPSHOME # libvips with all its modules, see tap.sh
make_pictures
if ! command -v exiftool >/dev/null; then
    echo "1..0 # SKIP exiftool is not installed"
    exit 0
fi

"$tool" picture 48 32 1 camera.jpg && "$tool" painter wave 1 wave.scumble || exit 1
exiftool -q -m -overwrite_original -n -EXIF:XResolution=300 -EXIF:YResolution=300 -EXIF:ResolutionUnit=2 -Make=Canon -Model='EOS R5 (II)' -LensModel='RF 50mm' \
    -DateTimeOriginal='2024:05:06 07:08:09' -OffsetTimeOriginal=+02:00 -ExposureTime=0.005 -FNumber=2.8 -ISO=400 -EXIF:Flash=16 -ImageDescription='A harbour (at dawn)' \
    -EXIF:GPSLatitude=48.2082 -EXIF:GPSLatitudeRef=N -EXIF:GPSLongitude=16.3738 -EXIF:GPSLongitudeRef=W -EXIF:GPSAltitude=171 -EXIF:GPSAltitudeRef=0 \
    -XMP-dc:Title='Häfen & <Meer>' -XMP-dc:Subject=sea -XMP-dc:Subject=boat -IPTC:Keywords=dawn -IPTC:Keywords=sea \
    -SerialNumber=secret1 -OwnerName=secret2 -LensSerialNumber=secret3 -ImageUniqueID=secret4 -XMP-exif:GPSLatitude=48.2082 -XMP-exif:GPSLongitude=-16.3738 \
    -XMP-aux:SerialNumber=secret5 -XMP-xmpMM:DocumentID=secret6 -XMP-photoshop:City=secret7 -IPTC:City=secret8 camera.jpg
exiftool -q -m -overwrite_original '-ThumbnailImage<=second.png' camera.jpg # any bytes

harmless() { # harmless FILE: whatever the group, the values are the photo's
    exiftool -j -n "$1" >tags.json || return 1
    cat tags.json
    jq -e '.[0] | (.XResolution | round) == 300 and (.YResolution | round) == 300 and (.ResolutionUnit // 2) == 2
        and .Make == "Canon" and .Model == "EOS R5 (II)" and .LensModel == "RF 50mm" and (.DateTimeOriginal | startswith("2024:05:06 07:08:09"))
        and .ExposureTime == 0.005 and .FNumber == 2.8 and .ISO == 400 and .Description == "A harbour (at dawn)" and .Title == "Häfen & <Meer>"
        and (.Subject | sort) == ["boat", "dawn", "sea"] and (.Orientation // 1) == 1' tags.json >/dev/null
}

bare() { # bare FILE: nothing of what tells of the place, the owner or the device
    exiftool -a -G1 "$1" | grep -i 'gps\|thumbnail\|serial\|owner\|unique\|\bcity' && return 1
    ! grep -qa 'secret[1-8]' "$1"
}

placed() { # placed FILE: the place is there
    exiftool -j -n "$1" | jq -e '.[0] | (.GPSLatitude - 48.2082 | fabs) < 1e-5 and (.GPSLongitude + 16.3738 | fabs) < 1e-5 and .GPSAltitude == 171' >/dev/null
}

check "the photo has a thumbnail, serial numbers and a place" sh -c '[ "$(exiftool -a -G1 camera.jpg | grep -ci "gps\|thumbnail\|serial\|owner\|unique\|\bcity")" -gt 10 ]'
for format in png jpg webp tif avif heic jxl; do
    "$tool" picture 8 8 1 can.$format 2>/dev/null || continue
    # shellcheck disable=SC2086
    check "$format: painted larger" "$scumble" stylize camera.jpg --style painting.png $shallow --iterations 1 --size 60 -q -o out.$format
    check "$format: what is harmless is kept" harmless out.$format
    check "$format: the rest is not" bare out.$format
    check "$format: painted again from that" "$scumble" apply wave.scumble out.$format -q -o "again.$format"
    check "$format: what is harmless is kept again" harmless again.$format
    check "$format: --keep-gps" "$scumble" apply wave.scumble camera.jpg --keep-gps -q -o placed.$format
    check "$format: the place is kept" placed placed.$format
    check "$format: and kept again" "$scumble" apply wave.scumble placed.$format --keep-gps -q -o placed2.$format
    check "$format: and found" placed placed2.$format
    check "$format: or dropped" "$scumble" apply wave.scumble placed.$format -q -o dropped.$format
    check "$format: and gone" bare dropped.$format
done

colour_space() { # colour_space FILE NUMBER
    [ "$(exiftool -n -s3 -EXIF:ColorSpace "$1")" = "$2" ]
}
for format in jpg webp avif; do
    [ -e out.$format ] && check "$format: EXIF says sRGB" colour_space out.$format 1
done
check "EXIF knows the zone and the flash" sh -c '[ "$(exiftool -n -s3 -EXIF:OffsetTimeOriginal -EXIF:Flash out.jpg)" = "$(printf "+02:00\n16")" ]'
exiftool -q -m -overwrite_original -n -Orientation=6 -EXIF:XResolution=300 -EXIF:YResolution=150 camera.jpg
check "a turned photo" "$scumble" apply wave.scumble camera.jpg -q -o turned.jpg
check "is upright, its resolution turned, too" sh -c '[ "$(exiftool -n -s3 -Orientation -EXIF:XResolution -EXIF:YResolution -ImageWidth turned.jpg | tr "\n" " ")" = "1 150 300 32 " ]'
check "nothing known: 72 dpi, and nothing made up" sh -c '"$1" apply wave.scumble photo.png -q -o plain.jpg --no-recipe &&
    [ "$(exiftool -n -s3 -EXIF:XResolution plain.jpg)" = 72 ] && [ -z "$(exiftool -s3 -Make -Model -DateTimeOriginal -Description -XMP-exif:all plain.jpg)" ]' - "$scumble"
check "a texture is no photo: the painting's caption is not its own" sh -c '"$1" texture camera.jpg --size 24 --iterations 1 -q -o texture.png --no-recipe && ! exiftool -a texture.png | grep -i "harbour\|gps\|canon"' - "$scumble"
check "and texture has no --keep-gps" exits 2 "$scumble" texture camera.jpg --keep-gps -o texture.png
python3 - <<'END' # a date, a number and an angle that are none
data = open("camera.jpg", "rb").read()
open("odd.jpg", "wb").write(data.replace(b"2024:05:06 07:08:09", b"2024:99:06 \x1b[31m\xff\xff\xff"))
END
check "what is malformed is left out" sh -c '"$1" apply wave.scumble odd.jpg -q -o odd.png && ! exiftool -a odd.png | grep -i "date/time original" && exiftool odd.png | grep -q Canon' - "$scumble"
finish

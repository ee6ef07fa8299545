# Pictures that Python steps return for a File: figures of matplotlib and plotly, images of PIL. The same bytes each time, told by
# zpl show with their size in pixels, embedded in its page, and an image again for a step that wants one.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle
cat >draw.py <<'T'
import io

import matplotlib.pyplot as plt
import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from PIL import Image, ImageOps


def plot(n: int = 10) -> Figure:
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.plot(np.arange(n) ** 2)
    return figure


def page(n: int = 10) -> go.Figure:
    return go.Figure(go.Scatter(y=np.arange(n) ** 2))


def image(n: int = 32) -> Image.Image:
    return Image.fromarray(np.arange(n * n * 3, dtype="u1").reshape(n, n, 3))


def turned(file: Image.Image) -> Image.Image:
    assert file.size == (32, 32)
    return file.rotate(90)


def two():
    return plot(3).axes[0], image()  # axes are their figure; for a Tensor an image is its pixels


def named(n: int = 3) -> Figure:
    return {"plot": plot(n)}


def deep(n: int = 4) -> Image.Image:
    return Image.new("F", (n, n))


def drawn(file: Figure) -> int:
    return 1


def moving(n: int = 4) -> Image.Image:
    Image.new("L", (n, n)).save(kept := io.BytesIO(), "GIF", save_all=True, append_images=[Image.new("L", (n, n), 255)])
    return Image.open(kept)


def lying(n: int = 4) -> Image.Image:
    exif = Image.Exif()
    exif[0x0112], exif[0x0132] = 6, "2026:01:01 00:00:00"  # how it is turned, and when it was taken
    Image.new("RGB", (n, 2 * n)).save(kept := io.BytesIO(), "JPEG", exif=exif)
    return Image.open(kept)


def stood(file: Image.Image) -> list:
    return [dict(file.getexif()), list(ImageOps.exif_transpose(file).size)]


def none(n: int = 0) -> Image.Image:
    return Image.new("L", (n, 5))
T
cat >rows.py <<'T'
import numpy as np
import pandas as pd
from draw import image


def rows():
    one = image()
    return pd.DataFrame({"hwc": [one, one], "chw": [np.asarray(one).transpose(2, 0, 1)] * 2})


def wrong():
    return pd.DataFrame({"chw": [image(), image()]})
T
cat >p.zpl <<'P'
local plot = step "plot" { python = "draw.py:plot" }
local page = step "page" { python = "draw.py:page" }
local image = step "image" { python = "draw.py:image" }
local turned = step "turned" { python = "draw.py:turned" }
local two = step "two" { signature = "() -> (figure: File, pixels: Tensor u8[32, 32, 3])", python = "draw.py:two" }
local rows = step "rows" { signature = "() -> (rows: Table {hwc: Tensor u8[32, 32, 3], chw: Tensor u8[3, 32, 32]})", python = "rows.py:rows" }
plot {}
page {}
turned { image {} }
two {}
rows {}
local drawing = step "drawing" { signature = "() -> (out: File)", command = { "cp", "drawing.svg", "$out" } }
drawing {}
local other = step "other" { signature = "() -> (out: File)", command = { "cp", "other.xml", "$out" } }
other {}
P
cat >drawing.svg <<'X'
<?xml version="1.0"?>
<!-- a remark, <html> -->
<!DOCTYPE svg:svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd" [ <!ENTITY half ">"> ]>
<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>
X
printf '<?xml version="1.0"?>\n<page><svg xmlns="http://www.w3.org/2000/svg"/></page>\n' >other.xml
expect 0 zpl run p.zpl
expect 0 zpl logs last/plot
equal "$(cat out)" "" "what matplotlib says of folders that it can't write to"
expect 0 zpl reproduce last
contains out "8 same"
for output in plot/file two/figure; do
    zpl show "last/$output" >shown
    contains shown "image/png, 400 x 300 pixels"
done
zpl show last/turned/file --json >shown.json
equal "$(json shown.json '[j["preview"]["width"], j["preview"]["height"]]')" "[32, 32]"
zpl show last/drawing/out >shown
contains shown "image/svg+xml"
zpl show last/other/out >shown
contains shown "application/xml"
# a picture goes out under the name of what it is
expect 2 zpl export last/plot/file plot.jpg
contains err "'plot.jpg' would be image/png under the name of another kind"
contains err "let its name end in .png"
[ ! -e plot.jpg ] || fail "plot.jpg was written"
expect 0 zpl export last/drawing/out drawn.SVG
zpl show last/page/file >shown
contains shown "text/html"
zpl show last/two/pixels >shown
contains shown "u8 [32, 32, 3]: 0 … 255, mean 127.5"
zpl show last --html run.html >/dev/null
equal "$(grep -c '<img alt="" src="data:image/png;base64,' run.html)" 4 "pictures in the page"
contains run.html "data:image/svg+xml;base64,"
contains run.html "img-src data:"
zpl export last/plot/file plot.png >/dev/null
zpl export last/turned/file turned.png >/dev/null
expect 0 python3 -c 'import base64, io, re
import numpy as np
from PIL import Image
want = np.rot90(np.arange(32 * 32 * 3, dtype="u1").reshape(32, 32, 3))
np.testing.assert_array_equal(np.asarray(Image.open("turned.png")), want)
shown = [base64.b64decode(s) for s in re.findall("png;base64,([^\"]*)\"", open("run.html").read())]
assert open("plot.png", "rb").read() in shown and open("turned.png", "rb").read() in shown
assert Image.open("plot.png").info.get("Software") is None'
printf '%s\n' 'local s = step "s" { signature = "(file: File) -> (v: Json)", python = "draw.py:stood" } s { step "p" { python = "draw.py:lying" } {} }' >lies.zpl
expect 0 zpl run lies.zpl --json
equal "$(json out "[s['outputs']['v']['value'] for s in j['steps'] if s['name'] == 's'][0]")" '[{"274": 6}, [8, 4]]' "how it lies"
# What is told, in one run: each would start Python with these packages anew.
cat >no.zpl <<'P'
local s = step "wrong" { signature = "() -> (rows: Table {chw: Tensor u8[3, 32, 32]})", python = "rows.py:wrong" } s {}
for _, name in ipairs { "named", "deep", "moving", "none" } do
  local s = step(name) { python = "draw.py:" .. name } s {}
end
local s = step "drawn" { signature = "(file: File) -> (n: Int)", python = "draw.py:drawn" } s { step "p" { python = "draw.py:plot" } {} }
P
expect 1 zpl run no.zpl --jobs 1
told() { # told STEP WORDS: why it failed
    awk -v step="step $1 failed: " '/error\[E[0-9]*\]: / { inside = index($0, step) } inside' err >of_step
    contains of_step "$2"
}
told wrong "np.asarray(image).transpose(2, 0, 1) puts the channels first"
told named "output 'file' is a dict, and File is declared: it is the one output, so return what is in the dict, 'plot', without it"
lacks err "reads the system and of its project"
told deep "an image of mode F can't be a PNG"
told deep "numpy.asarray(image) is kept whole as a Tensor"
told moving "an image of 2 frames is no PNG"
told none "an image of 0 × 5 pixels can't be a PNG"
told drawn "a figure is kept as a picture"
[ "$(grep -c 'failed: ' err)" = 6 ] || fail "$(cat err)"

# A column of 70,000 Tensors f32[784] (220 MB) through a step of pandas that doubles it, beside a process of Python that does the
# same with pyarrow and NumPy alone, from a list of fixed length in Parquet and back; reading such a file; and a query over it.
# Medians of 3, wall and processor time.      Time limit: 900 s
. "$ROOT/tests/lib.sh"
with_oracle
cat >make.py <<'T'
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

r = np.random.default_rng(0)
x = np.where(r.random((70000, 784)) < 0.8, 0, r.integers(0, 255, (70000, 784))).astype("f4") / 255  # as digits are
pq.write_table(pa.table({"x": pa.FixedSizeListArray.from_arrays(pa.array(x.reshape(-1)), 784)}), "rows.parquet")
T
python3 make.py
cat >double.py <<'T'
import numpy as np
import pandas as pd


def double(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"x": list(np.stack(rows["x"]) * 2)})
T
cat >bare.py <<'T'
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from double import double

column = pq.read_table("rows.parquet", use_threads=False)["x"].combine_chunks()
rows = pd.DataFrame({"x": list(column.flatten().to_numpy().reshape(-1, 784))})
made = np.stack(double(rows)["x"])
pq.write_table(pa.table({"x": pa.FixedSizeListArray.from_arrays(pa.array(made.reshape(-1)), 784)}), "made.parquet")
T
cat >read.zpl <<'P'
return { rows = parquet.read { "rows.parquet", type = Table { x = Tensor "f32[784]" } } }
P
cat >step.zpl <<'P'
local double = step "double" { signature = "(rows: Table {x: Tensor f32[n]}) -> (out: Table {x: Tensor f32[n]})", python = "double.py:double" }
double { import("read.zpl").rows, cache = false }
P
cat >query.zpl <<'P'
local rows = import("read.zpl").rows
sql { [[ SELECT list_dot_product(x, x) AS s FROM rows ]], cache = false }
P
cat >measure.py <<'P'
import resource, shutil, statistics, subprocess, time

def cost(command):
    """Seconds of wall and processor time."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

def anew(program):
    shutil.rmtree(".zpl", ignore_errors=True)
    return cost(["zpl", "run", program])

print(f"{'':60} {'wall':>10} {'processor':>12}")
for name, measure in (("70,000 x f32[784]: a step of pandas", lambda: cost(["zpl", "run", "step.zpl"])),
                      ("the same in Python with pyarrow and NumPy alone", lambda: cost(["python3", "bare.py"])),
                      ("a query: its dot product with itself", lambda: cost(["zpl", "run", "query.zpl"])),
                      ("reading the file", lambda: anew("query.zpl"))):
    if name != "reading the file":
        subprocess.run(["zpl", "run", "query.zpl"], check=True, stdout=subprocess.DEVNULL)
    walls, cpus = zip(*[measure() for _ in range(3)])
    print(f"{name:60} {statistics.median(walls):8.2f} s {statistics.median(cpus):10.2f} s", flush=True)
P
python3 measure.py

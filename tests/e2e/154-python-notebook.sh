# The notebook of the examples, executed as Jupyter does.      Time limit: 180 s
. "$ROOT/tests/lib.sh"
with_oracle
PYTHONPATH=$ROOT/stdlib/python
export PYTHONPATH

cp "$ROOT"/examples/penguins/penguins.* .
python3 - <<'P'
import nbclient, nbformat
book = nbformat.read("penguins.ipynb", as_version=4)
nbformat.validate(book)
assert not any(cell.get("outputs") for cell in book.cells), "the notebook is kept without outputs"
nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
results = [[o["data"]["text/plain"] for o in cell.outputs if "data" in o] for cell in book.cells if cell.cell_type == "code"]
shown = ["\n".join(r) for r in results]
assert "zpl run 1 of penguins: done" in shown[0], shown[0]
assert "1/evaluate/report" in shown[1], shown[1]
accuracy = eval(shown[5])
assert set(accuracy) == {1, 5, 20} and all(0.5 < v <= 1 for v in accuracy.values()), accuracy
assert set(eval(shown[6])) == {"cached"}, shown[6]
P

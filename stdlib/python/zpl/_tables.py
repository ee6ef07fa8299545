"""Tables: between stored Parquet and frames of pandas, polars and pyarrow.

pyarrow is imported with this module, pandas and polars only where a step uses them.  Shapes: a frame has one row a row of
the table, in its order, and the columns that the step may see, in stored order.
"""
from __future__ import annotations

import sys
from typing import Any, Dict, List, Optional, Tuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zpl._arrow import chunked, first, is_pandas, kind_of
from zpl._errors import StepError, a_type, need, type_name
from zpl._types import Type
from zpl._values import CELL, dump, to_json

LIBRARIES = ("pandas", "polars", "pyarrow")
GROUP_BYTES = 64 << 20  # of what crosses at once: rows may be large

_STORED = {
    "Int": pa.int64(),
    "Float": pa.float64(),
    "Bool": pa.bool_(),
    "String": pa.large_string(),
    "Bytes": pa.large_binary(),
    "Timestamp": pa.timestamp("us"),
    "Date": pa.date32(),
    "Enum": pa.large_string(),
    "Json": pa.large_string(),
    "Path": pa.large_string(),
}


def stored(kind: Type) -> pa.DataType:
    """How a column of a type crosses."""
    if kind.kind == "List" and kind.elem is not None:
        if kind.elem.kind == "Tensor":
            raise StepError("type", "no column is a %s: give the Tensor one dimension more" % kind.text)
        return pa.list_(stored(kind.elem))
    if kind.kind == "Tensor":
        return pa.large_binary()  # the elements of each value, row by row
    if kind.kind not in _STORED:
        raise StepError("type", "no column is a %s" % kind.kind)
    return _STORED[kind.kind]


# ---- in ----


def _declare(column: pa.ChunkedArray, kind: Type) -> pa.ChunkedArray:
    """A stored column as its type has it in Arrow: a Timestamp in UTC, an Enum with its values."""
    if kind.kind == "Timestamp":
        return column.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    if kind.kind == "Enum" and kind.values is not None:
        values = pa.array(kind.values, column.type)
        chunks = [pa.DictionaryArray.from_arrays(pc.index_in(c, values), values) for c in column.chunks]
        return pa.chunked_array(chunks, pa.dictionary(pa.int32(), column.type))
    if kind.kind == "List" and kind.elem is not None and _has_moments(kind.elem):
        return column.cast(pa.list_(_zoned(kind.elem, column.type.value_type)))
    return column


def _has_moments(kind: Type) -> bool:
    return kind.kind == "Timestamp" or (kind.elem is not None and _has_moments(kind.elem))


def _zoned(kind: Type, have: pa.DataType) -> pa.DataType:
    if kind.kind == "List" and kind.elem is not None:
        return pa.list_(_zoned(kind.elem, have.value_type))
    return pa.timestamp("us", "UTC") if kind.kind == "Timestamp" else have


def _guess(have: pa.DataType) -> Type:
    """The type of a stored column that the input's type does not tell of."""
    if pa.types.is_timestamp(have):
        return Type("Timestamp")
    if pa.types.is_list(have) or pa.types.is_large_list(have):
        return Type("List", elem=_guess(have.value_type))
    for name in ("Int", "Float", "Bool", "Date"):
        if _STORED[name] == have:
            return Type(name)
    return Type("Bytes" if pa.types.is_binary(have) or pa.types.is_large_binary(have) else "String")


def read(path: str, columns: Optional[List[str]], kind: Type, library: str, threads: int) -> Any:
    """A stored table as a frame of a library, one of LIBRARIES.

    `columns`: those that the step may see; None: all.  Raises StepError when the library is not there.
    """
    with pq.ParquetFile(path) as file:
        table = file.read(columns=columns, use_threads=threads > 1)
    kinds = [kind.column(f.name) or _guess(f.type) for f in table.schema]
    arrays = [_declare(table.column(i), k) for i, k in enumerate(kinds)]
    table = pa.Table.from_arrays(arrays, names=table.schema.names)
    if library == "pandas":
        try:
            return _to_pandas(table, kinds)
        except (ValueError, OverflowError) as e:
            raise StepError("type", "a table holds what no date of Python's is (%s): annotate it as a pyarrow.Table" % first(e)) from e
    for i, k in enumerate(kinds):
        if k.kind == "Tensor":
            from zpl import _tensor_columns

            table = table.set_column(i, table.schema.names[i], _tensor_columns.to_arrow(table.column(i), k, library))
    return _to_polars(table, kinds) if library == "polars" else table


def _to_pandas(table: pa.Table, kinds: List[Type]) -> Any:
    pd = need("pandas")
    major = int(pd.__version__.split(".")[0])
    texts = pd.StringDtype("pyarrow") if major < 3 else None

    def nullable(arrow: pa.DataType) -> Any:
        return texts if texts is not None and (pa.types.is_string(arrow) or pa.types.is_large_string(arrow)) else None

    plain = [i for i, k in enumerate(kinds) if k.kind not in ("Json", "List", "Tensor")]
    frame = table.select(plain).to_pandas(types_mapper=nullable, date_as_object=True, split_blocks=True)
    frame = frame.copy()  # Arrow's own memory can't be written, and a step may change what it is given
    series: Dict[str, Any] = {}
    for i, (name, kind) in enumerate(zip(table.schema.names, kinds)):
        column = table.column(i)
        if kind.kind == "Tensor":
            from zpl import _tensor_columns, _tensors

            series[name] = pd.Series(_tensors.rows_of(*_tensor_columns.block_of(column, kind)), dtype=object)
        elif kind.kind in ("Json", "List"):
            series[name] = pd.Series(_objects(column, kind), dtype=object)
        elif kind.kind == "Int" and column.null_count:
            series[name] = pd.Series(column.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get))
        elif kind.kind == "Bool" and column.null_count:
            series[name] = pd.Series(column.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get))
        else:
            series[name] = frame[name]
    if list(frame.columns) == table.schema.names and all(s is frame[n] for n, s in series.items()):
        return frame
    return pd.DataFrame(series, index=pd.RangeIndex(table.num_rows), columns=table.schema.names, copy=False)


def _objects(column: pa.ChunkedArray, kind: Type) -> List[Any]:
    if kind.kind == "List":
        return column.to_pylist()
    import json

    return [None if v is None else json.loads(v) for v in column.to_pylist()]


def _to_polars(table: pa.Table, kinds: List[Type]) -> Any:
    pl = need("polars")
    frame = pl.from_arrow(table)
    enums = {
        n: pl.Enum(list(k.values)) for n, k in zip(table.schema.names, kinds) if k.kind == "Enum" and k.values is not None
    }
    return frame.with_columns(**{n: pl.col(n).cast(pl.String).cast(e) for n, e in enums.items()}) if enums else frame


# ---- out: which columns ----


def write(value: Any, kind: Type, path: str, who: str) -> None:
    """Writes a frame as the Parquet that zpl takes as a table of a declared type.

    `who` is it in messages.  Raises StepError for what is no frame, or none of that type.
    """
    names, columns, rows = _columns_of(value, kind, who)
    _check_names(names, kind, who)
    order = [n for n, _ in kind.columns] + [n for n in names if kind.column(n) is None]
    arrays, by_name = [], dict(zip(names, columns))
    for name in order:
        declared = kind.column(name)
        place = "column '%s' of %s" % (name, who)
        column = by_name[name]
        arrays.append(_column(column, declared, place) if declared is not None else _undeclared(column, place))
        if len(arrays[-1]) != rows:
            raise StepError("type", "%s has %d values, and there are %d rows" % (place, len(arrays[-1]), rows))
    table = pa.Table.from_arrays(arrays, names=order)
    group = max(1, GROUP_BYTES * rows // (table.nbytes + 1)) if table.nbytes > GROUP_BYTES else None
    pq.write_table(
        table, path, compression="none", use_dictionary=False, store_schema=False, write_statistics=False, row_group_size=group
    )


def _columns_of(value: Any, kind: Type, who: str) -> Tuple[List[str], List[Any], int]:
    """Names and columns of a frame: series of pandas, else arrays of Arrow."""
    frames = [c.__module__.split(".")[0] + "." + c.__name__ for c in type(value).__mro__]  # of a class of somebody's own too
    if "pandas.DataFrame" in frames:
        return _columns_of_pandas(sys.modules["pandas"].DataFrame(value), kind, who)
    if "polars.LazyFrame" in frames:
        value = value.collect()
    if "polars.DataFrame" in frames or "polars.LazyFrame" in frames:
        value = _of_polars(value, who)
    if isinstance(value, pa.RecordBatch):
        value = pa.Table.from_batches([value])
    if isinstance(value, pa.Table):
        return value.schema.names, value.columns, value.num_rows
    raise StepError(
        "type", "%s is %s, and %s is declared: return a DataFrame or a pyarrow.Table" % (who, a_type(value), kind.kind)
    )


def _of_polars(frame: Any, who: str) -> pa.Table:
    for name, dtype in frame.schema.items():
        if "\0" in name:
            raise StepError("type", "%s has a column named %r, and no name has a NUL" % (who, name))
        if str(dtype) in ("Object", "Int128", "UInt128"):  # of which Arrow would get the addresses, and nothing
            advice = "objects, which no column does: make it of another type" if str(dtype) == "Object" else "%s: .cast(pl.Int64)" % dtype
            raise StepError("type", "column '%s' of %s holds %s" % (name, who, advice))
    try:
        return frame.to_arrow()
    except (Exception, sys.modules["polars"].exceptions.PanicException) as e:
        raise StepError("type", "%s has a column that polars can't give to Arrow (%s): .cast(…) it" % (who, first(e))) from e


def _columns_of_pandas(frame: Any, kind: Type, who: str) -> Tuple[List[str], List[Any], int]:
    if getattr(frame.columns, "nlevels", 1) > 1:
        raise StepError("type", "%s has columns of %d levels: give each one name" % (who, frame.columns.nlevels))
    twice = [n for n in frame.index.names if n is not None and frame.index.names.count(n) > 1]
    if twice and kind.column(twice[0]) is not None:
        raise StepError("type", "%s has two levels '%s' in its index: rename or drop one" % (who, twice[0]))
    names = list(frame.columns)
    columns = [frame.iloc[:, i] for i in range(len(names))]
    wanted = [n for n in frame.index.names if n is not None and n not in names and kind.column(n) is not None]
    for name in frame.index.names:
        if name is not None and name not in wanted and name not in names:
            print("zpl: the index '%s' of %s is no declared column, so it is left out" % (name, who), file=sys.stderr)
    for name in reversed(wanted):  # a named index that is declared is a column
        names.insert(0, name)
        columns.insert(0, frame.index.get_level_values(name).to_series(index=frame.index))
    for name in names:
        if not isinstance(name, str):
            raise StepError("type", "%s has a column named %r (%s): names are texts" % (who, name, type_name(name)))
        if name.encode("utf-8", "replace").decode("utf-8") != name:
            raise StepError("type", "%s has a column named %r, which is no UTF-8" % (who, name))
    return names, columns, len(frame)


def _check_names(names: List[str], kind: Type, who: str) -> None:
    if not names:
        raise StepError("type", "%s has no columns: a table has at least one" % who)
    seen: Dict[str, str] = {}
    for name in names:
        if not name:
            raise StepError("type", "%s has a column without a name: give it one" % who)
        twin = seen.get(name.lower())
        if twin == name:
            raise StepError("type", "%s has two columns '%s': rename or drop one" % (who, name))
        if twin is not None:
            raise StepError("type", "%s has columns '%s' and '%s', which SQL can't tell apart" % (who, twin, name))
        seen[name.lower()] = name
    lacking = [n for n, _ in kind.columns if n not in names]
    extra = [n for n in names if kind.column(n) is None] if kind.has_row and not kind.open else []
    if lacking:
        has = ", ".join("'%s'" % n for n in names[:8]) + (" …" if len(names) > 8 else "")
        raise StepError("type", "%s has no column %s; it has %s" % (who, ", ".join("'%s'" % n for n in lacking), has))
    if extra:
        raise StepError(
            "type",
            "%s has %s that %s not declared: drop %s, or declare %s"
            % (
                who,
                ("a column " if len(extra) == 1 else "columns ") + ", ".join("'%s'" % n for n in extra[:8]),
                "is" if len(extra) == 1 else "are",
                "it" if len(extra) == 1 else "them",
                "it" if len(extra) == 1 else "them",
            ),
        )


# ---- out: the values of one column ----


def _column(values: Any, kind: Type, who: str) -> pa.ChunkedArray:
    """A column as it crosses for a declared type; raises StepError."""
    if kind.kind == "Json":
        return _texts_of_json(values, who)
    if kind.kind == "Tensor":
        from zpl import _tensor_columns

        return _tensor_columns.blobs(values, kind, who)
    array = _arrow(values, kind, who)
    return _fit(array, kind, who)


def _arrow(values: Any, kind: Type, who: str) -> pa.ChunkedArray:
    """A column as Arrow, by its own type.  `kind`: the declared one, which messages name; of kind "": none is."""
    if not is_pandas(values):
        return chunked(values)
    from zpl import _objects

    if str(values.dtype) == "object":
        return _objects.arrow(values, kind, who)
    if str(values.dtype).startswith("Sparse["):
        values = values.sparse.to_dense()
    _refuse_foreign(values.dtype, who)
    try:
        return chunked(pa.array(_objects.native(values.to_numpy(), who) if hasattr(values.dtype, "byteorder") else values, from_pandas=True))
    except UnicodeEncodeError as e:
        raise StepError("type", "%s holds a text that is no UTF-8" % who) from e
    except (pa.ArrowException, TypeError, ValueError) as e:
        raise StepError("type", "%s is %s, which can't cross: %s" % (who, values.dtype, first(e))) from e


def _shown(kind: Type) -> str:
    return kind.text or kind.kind


def _plain(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without dictionaries and encodings, which say nothing of the values."""
    if pa.types.is_dictionary(array.type):
        return array.cast(array.type.value_type)
    if str(array.type).startswith("run_end_encoded"):  # which an old pyarrow has not
        return pa.chunked_array([pc.run_end_decode(c) for c in array.chunks], array.type.value_type)
    if getattr(array.type, "extension_name", None) == "arrow.json":
        return pa.chunked_array([c.storage for c in array.chunks], array.type.storage_type)
    return array


#: What a column of a type may be given as.
_TAKES = {
    "Int": ("Int", "Float"),
    "Float": ("Float", "Int"),
    "Bool": ("Bool",),
    "String": ("String",),
    "Path": ("String",),
    "Enum": ("String",),
    "Json": ("String",),
    "Bytes": ("Bytes",),
    "Timestamp": ("Timestamp", "Date"),
    "Date": ("Date", "Timestamp"),
    "List": ("List",),
}
_ADVICE = {
    "Int": ".astype('int64')",
    "Float": ".astype('float64')",
    "Bool": ".astype('bool')",
    "String": ".astype('string')",
    "Enum": ".astype('string')",
    "Timestamp": "pandas.to_datetime(…)",
    "Date": ".dt.date",
}


def _fit(array: pa.ChunkedArray, kind: Type, who: str) -> pa.ChunkedArray:
    """The values as they are stored for a type, whole or not at all."""
    array = _plain(array)
    target = stored(kind)
    if array.null_count == len(array):  # no value says what it is
        return pa.chunked_array([pa.nulls(len(array), target)])
    have = kind_of(array.type)
    if have not in _TAKES.get(kind.kind, ()):
        if have is None:
            _refuse_foreign(array.type, who)
        advice = _ADVICE.get(kind.kind)
        raise StepError(
            "type",
            "%s is %s, and %s is declared%s"
            % (who, have or array.type, _shown(kind), ": convert it (%s)" % advice if advice else ""),
        )
    if have == "List" and kind.elem is not None:
        return _fit_list(array, kind, who)
    if have == "Timestamp":
        return _fit_moments(array, kind, who)
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    if have == "Int" and kind.kind == "Float":
        return _floats(array, who)
    if kind.kind == "Float" and pa.types.is_decimal(array.type):
        return _floats_of_decimals(array, who)
    try:
        return array.cast(target)
    except pa.ArrowException as e:
        row = _first_lost(array, target)
        words = "can't be %s: %s" % (_shown(kind), first(e))
        if row:
            words = "holds %s (row %d), which is no %s" % (str(array[row - 1])[:60], row, _shown(kind))
        raise StepError("type", "%s %s" % (who, words)) from e


def _floats(array: pa.ChunkedArray, who: str) -> pa.ChunkedArray:
    """Whole numbers as the Floats that are equal to them."""
    out = array.cast(pa.float64(), safe=False)
    same = pc.equal(out.cast(array.type, safe=False), array)
    if not pc.all(same, min_count=0).as_py():
        raise _no_float(array, pc.index(same, False).as_py(), who)
    return out


def _no_float(array: pa.ChunkedArray, at: int, who: str) -> StepError:
    return StepError("type", "%s holds %s (row %d), which no Float is equal to: .astype('float64') rounds" % (who, array[at], at + 1))


def _floats_of_decimals(array: pa.ChunkedArray, who: str) -> pa.ChunkedArray:
    """The nearest Floats, by their digits as Arrow's own cast is not exact; of what has no digits behind the point equal ones."""
    out = array.cast(pa.string()).cast(pa.float64())
    if array.type.scale <= 0:
        lost = [i for i, (d, f) in enumerate(zip(array.to_pylist(), out.to_pylist())) if d is not None and f != d]
        if lost:
            raise _no_float(array, lost[0], who)
    return out


def _first_lost(array: pa.ChunkedArray, target: pa.DataType) -> int:
    """The first row, from 1, whose value does not fit; 0: none is found."""
    at = 0
    for chunk in array.chunks:
        low, high = 0, len(chunk)  # the first that does not fit is in [low, high)
        try:
            chunk.cast(target)
        except pa.ArrowException:
            while high - low > 1:
                middle = (low + high) // 2
                try:
                    chunk.slice(low, middle - low).cast(target)
                    low = middle
                except pa.ArrowException:
                    high = middle
            return at + low + 1
        at += len(chunk)
    return 0


def _fit_moments(array: pa.ChunkedArray, kind: Type, who: str) -> pa.ChunkedArray:
    """Moments in UTC, whole microseconds; of a Date at 00:00."""
    if kind.kind == "Date":
        naive = pc.local_timestamp(array) if array.type.tz else array  # the date in its own zone
        days = naive.cast(pa.date32(), safe=False)
        if not pc.all(pc.equal(days.cast(naive.type), naive), min_count=0).as_py():
            raise StepError("type", "%s has a time of day, and Date is declared: .dt.normalize() drops it" % who)
        return days
    try:
        whole = array.cast(pa.timestamp("us", array.type.tz))
    except pa.ArrowException as e:
        row = _first_lost(array, pa.timestamp("us", array.type.tz))
        words = "has nanoseconds (row %d), and a Timestamp keeps microseconds: .dt.floor('us') rounds"
        if array.type.unit != "ns":
            words = "has a moment (row %d) that is beyond what a Timestamp can be, 290,000 years"
        raise StepError("type", "%s %s" % (who, words % row)) from e
    return whole.cast(pa.timestamp("us"))  # of a zone: the same moment in UTC


def _fit_list(array: pa.ChunkedArray, kind: Type, who: str) -> pa.ChunkedArray:
    assert kind.elem is not None
    chunks = []
    for chunk in array.chunks:
        items = _fit(chunked(chunk.flatten()), kind.elem, "an item of " + who).combine_chunks()
        lengths = pc.fill_null(pc.list_value_length(chunk), 0)
        ends = pc.cumulative_sum(lengths.cast(pa.int32()))
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
        mask = chunk.is_null() if chunk.null_count else None
        flat = items if isinstance(items, pa.Array) else pa.concat_arrays(items.chunks)
        chunks.append(pa.ListArray.from_arrays(offsets, flat, mask=mask))
    return pa.chunked_array(chunks, stored(kind))


def _texts_of_json(values: Any, who: str) -> pa.ChunkedArray:
    """Objects as JSON texts; a column of Arrow that is text already is taken for JSON."""
    if not is_pandas(values):
        values = _plain(chunked(values))
        if kind_of(values.type) == "String":
            return values.cast(pa.large_string())
        objects = values.to_pylist()
    else:
        objects = list(values)
    texts = []
    for i, v in enumerate(objects):
        missing = v is None or (isinstance(v, float) and v != v) or type(v).__name__ in ("NAType", "NaTType")
        texts.append(None if missing else dump(to_json(v, CELL, "row %d of %s" % (i + 1, who))))
    return pa.chunked_array([pa.array(texts, pa.large_string())])


#: What no column can be: how its type begins, what it holds, what a person does.
_FOREIGN = (
    ("period", "periods", ".dt.to_timestamp() makes Timestamps of them"),
    ("interval", "intervals", ".astype('string') makes texts of them"),
    ("timedelta", "durations", ".dt.total_seconds() makes Floats of them"),
    ("duration", "durations", ".dt.total_seconds() makes Floats of them"),
    ("time", "times of day", ".astype('string') makes texts of them"),
    ("complex", "complex numbers", "make a column of .real and one of .imag"),
    ("struct", "records", "make a column of each field, or declare it Json"),
)


def _refuse_foreign(kind: Any, who: str) -> None:
    """Raises StepError for a type of pandas' or Arrow's whose values no column holds, in words of their own."""
    text = str(kind.categories.dtype) if hasattr(kind, "categories") else str(kind)
    for start, what, advice in _FOREIGN:
        if text.startswith(start) and not text.startswith("timestamp"):
            raise StepError("type", "%s holds %s, which no column does: %s" % (who, what, advice))


def _undeclared(values: Any, who: str) -> pa.ChunkedArray:
    """A column of an open table that nothing declares: as what it is."""
    array = _plain(_arrow(values, Type(""), who))
    kind = _type_of(array.type)
    if kind is None:
        _refuse_foreign(array.type, who)
        words = "holds only nulls" if pa.types.is_null(array.type) else "is %s" % array.type
        raise StepError("type", "%s %s, which no type is known for: declare its type, or convert it" % (who, words))
    return _fit(array, kind, who)


def _type_of(arrow: pa.DataType) -> Optional[Type]:
    name = kind_of(arrow)
    if name == "List":
        elem = _type_of(arrow.value_type)
        return Type("List", elem=elem) if elem is not None else None
    return Type(name) if name is not None else None

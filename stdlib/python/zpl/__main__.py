"""What zpl starts: ``PYTHON -B -X utf8 DIR/zpl/__main__.py look|call|host``.

It talks by the stream socket whose descriptor is in ``ZPL_TALK``, in frames (see docs/python.md).
"""
import os
import sys

if __name__ == "__main__":
    # Python put this folder first on the path, where our files would stand for modules of the same names.
    _HERE = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if os.path.abspath(p) != _HERE]
    _OURS = os.path.dirname(_HERE)
    sys.path.insert(0, _OURS)
    _MODE = sys.argv[1] if len(sys.argv) > 1 else ""
    if _MODE not in ("look", "call", "host") or "ZPL_TALK" not in os.environ:
        sys.exit("zpl starts this itself: it needs `look`, `call` or `host`, and ZPL_TALK")
    if _MODE == "look":
        from zpl._look import serve
    elif _MODE == "host":
        from zpl._host import serve
    else:
        from zpl._call import serve
    sys.path.remove(_OURS)
    sys.path.append(_OURS)  # for processes that a step starts, which import its file anew
    serve(int(os.environ.pop("ZPL_TALK")))

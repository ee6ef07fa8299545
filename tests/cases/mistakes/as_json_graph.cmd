zpl graph as_json.zpl --json

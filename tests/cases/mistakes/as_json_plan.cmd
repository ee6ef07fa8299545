zpl plan as_json.zpl --json

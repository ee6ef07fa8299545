zpl why as_json.zpl sql --json

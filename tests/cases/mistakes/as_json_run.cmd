zpl run as_json.zpl --json

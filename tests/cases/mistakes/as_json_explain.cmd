zpl check --explain E042 --json

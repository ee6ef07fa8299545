echo 'local events = json.read { "events.json", type = Table { id = Int { max = 2 }, score = Float } }' >run.zpl
zpl run run.zpl --json 2>&1 >json | sed 's/[0-9.]* ms//'
echo 'local events = json.read { "events.json", type = Table { id = Int { max = 2 } } }' >run.zpl
zpl run run.zpl --json 2>&1 >json | sed 's/[0-9.]* ms//'

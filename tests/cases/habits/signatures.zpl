local body = [[ SELECT * FROM rows ]]
step "a" { signature = "(rows: Table {id: int, ...}) -> (rows: Table {id: str})", sql = body }
step "b" { signature = "(rows: Table {id: Int}) -> (rows: Table {id: y})", sql = body }
step "c" { signature = "(rows: Table {id: Int}, k: Integer = 3) -> (rows: Table {id: Int})", sql = body }
step "d" { signature = "(rows: Table {id: Int, ID: Int}) -> (rows: Table {id: Int})", sql = body }
step "e" { signature = "(rows: Table {id: Int, x: Int, id: Int}) -> (rows: Table {id: Int})", sql = body }
step "f" { signature = "(rows: Table {id Int}) -> (rows: Table {id: Int})", sql = body }
step "g" { signature = "(rows: Table {id: Int, größe: Int}) -> (rows: Table {id: Int})", sql = body }
step "h" { signature = "(rows: Table {id: Int}, k: String = 'x') -> (rows: Table {id: Int})", sql = body }
step "i" { signature = "(rows: Table {id: Int}, k: Bool = True) -> (rows: Table {id: Int})", sql = body }
step "j" { signature = "(rows: Table {id: Int}) -> Table {id: Int}", sql = body }
step "k" { inputs = { rows = Table { id = Int, ID = Int } }, outputs = { rows = Table { id = Int } }, sql = body }

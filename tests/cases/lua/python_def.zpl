def part(rows):
    return split(rows)

pipeline "prepare" {
  inputs = { rows = Table {...} },
  build  = function (p)
    local train, test = split { p.rows }
    return train, test
  end,
}

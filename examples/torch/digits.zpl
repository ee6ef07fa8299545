-- digits.zpl: handwritten digits, read by a net of PyTorch that two processes train and that ONNX Runtime scores.      zpl run digits.zpl --epochs 40
-- (The 1,797 images are UCI's, as scikit-learn has them.)
local p = params { epochs = Int { default = 12, min = 1 } }

local Digit = Table {
  image = Tensor "u8[8, 8]",
  digit = Enum { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" },
}
local fit = step "fit" {
  signature = "(train: Digit, epochs: Int = 12) -> (net: Model {torch, features: {image: Tensor u8[8, 8]}, label: digit})",
  python    = "steps.py:fit",
  resources = { workers = 2 },
}
local judge = step "judge" {
  signature = "(net: Model {torch, features: {image: Tensor u8[8, 8]}, label: digit}, test: Digit) -> (report: Report {accuracy: Float, loss: Float})",
  python    = "steps.py:judge",
}

local digits      = parquet.read { "digits.parquet", type = Digit }
local train, test = split { digits, ratio = 0.8, stratify = "digit", seed = 7 }
local net         = fit { train, epochs = p.epochs }
local report      = judge { net, test }
local model       = onnx.export { net }                 -- from here on no Python: ONNX Runtime scores
local native      = evaluate { model, test }
deploy { model, name = "digits", when = native.accuracy >= 0.95 }

local k = step "k" { signature = "(a: Int) -> (b: Int)", kernel = "kernels/scale.so:scale" }
k { 1 }

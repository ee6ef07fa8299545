local rows = csv.read "flights.csv"
fn = function() {
}

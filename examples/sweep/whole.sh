# whole.sh FROM TO: the rows of a CSV file in which no field is empty
awk -F, 'NR == 1 { fields = NF } NF == fields { for (i = 1; i <= NF; i++) if ($i == "") next; print }' "$1" >"$2"

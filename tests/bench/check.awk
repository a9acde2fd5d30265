# SPDX-License-Identifier: GPL-2.0-only
# check.awk targets bench.json: TAP, a test for each target. A figure that was not
# measured is not reached.

function field(which,	at) {
	at = match($0, "\"" which "\": *\"?[^\",}]*")
	if (!at)
		return ""
	return value_of(substr($0, RSTART, RLENGTH))
}

function value_of(pair) {
	sub(/^"[a-z]*": *"?/, "", pair)
	return pair
}

FNR == NR {
	if ($0 !~ /^#/ && NF == 4) {
		target[++n] = $1 " " $2 " " $3
		limit[n] = $4
	}
	next
}

/"ratio"/ && field("mitigations") == "default" {
	ratio[field("name") " " field("cpu") " " field("mmu")] = field("ratio")
}

END {
	for (i = 1; i <= n; i++) {
		t = target[i]
		good = t in ratio && ratio[t] + 0 <= limit[i] + 0
		failed += !good
		printf "%sok %d - %s: %s, wanted at most %s\n", good ? "" : "not ", i, t,
			t in ratio ? ratio[t] : "not measured", limit[i]
	}
	printf "1..%d\n", n
	exit failed != 0
}

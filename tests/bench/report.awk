# SPDX-License-Identifier: GPL-2.0-only
# Lines "NAME CPU MITIGATIONS HYPERVISOR MMU VALUE" to a table, and the same to the
# files json and svg. Fails if one of the two has a row that the other lacks.

NF == 6 {
	key = $2 " " $5 " " $3 " " $1
	if (!(key in seen)) {
		seen[key] = 1
		table = $2 " " $5 " " $3
		if (!(table in rows))
			order[++tables] = table
		name[table, ++rows[table]] = $1
	}
	value[key, $4] = $6
}

function open_json() {
	printf "[" >json
}

function to_json(n, cpu, mmu, mitigations, a, b) {
	printf "%s\n{\"name\": \"%s\", \"cpu\": \"%s\", \"mmu\": \"%s\", " \
		"\"mitigations\": \"%s\", \"kvmfs\": %.0f, \"kvm\": %.0f, \"ratio\": %.3f}", (done++ ? "," : ""),
		n, cpu, mmu, mitigations, a, b, a / b >json
}

# --- the chart: a bar a row, 200 pixels are a ratio of 1 ---------------------

function text(x, y, class, what) {
	chart = chart sprintf("<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, class, what)
}

function to_svg_title(what) {
	y += 30
	text(10, y, "title", what)
	y += 8
}

function to_svg(n, ratio,	width) {
	width = ratio * 200
	if (width > 400)
		width = 400
	chart = chart sprintf("<rect x=\"180\" y=\"%d\" width=\"%.1f\" height=\"11\" " \
		"class=\"%s\"/>\n", y, width, ratio > 1 ? "more" : "less")
	text(172, y + 10, "name", n)
	text(186 + width, y + 10, "value", sprintf("%.2f", ratio))
	y += 15
}

function close_svg() {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"660\" " \
		"height=\"%d\">\n", y + 20 >svg
	printf "<style>text { font: 11px sans-serif } .name { text-anchor: end } " \
		".title { font-weight: bold } .less { fill: #4a7ebb } " \
		".more { fill: #c0504d }</style>\n" \
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n" >svg
	text(10, 16, "title", "instructions, kvmfs / Linux KVM; the line is 1.0")
	printf "%s<line x1=\"380\" y1=\"24\" x2=\"380\" y2=\"%d\" stroke=\"black\" " \
		"stroke-dasharray=\"3\"/>\n</svg>\n", chart, y >svg
}

# -----------------------------------------------------------------------------

function lacks(key, hypervisor) {
	if ((key, hypervisor) in value)
		return 0
	printf "# %s has no figure: %s\n", hypervisor, key
	return ++bad
}

function table_of(t,	f, i, n, a, b, title) {
	split(t, f, " ")
	title = f[1] ", " f[2] ", mitigations: " f[3]
	for (i = 1; i <= rows[t]; i++) {
		n = name[t, i]
		if (lacks(t " " n, "kvm") || lacks(t " " n, "kvmfs"))
			continue
		a = value[t " " n, "kvmfs"]
		b = value[t " " n, "kvm"]
		if (b <= 0)
			continue
		if (title != "") {
			printf "\n%-34s %14s %14s %7s\n", title, "kvmfs", "kvm", "ratio"
			to_svg_title(title)
			title = ""
		}
		printf "%-34s %14.0f %14.0f %7.2f\n", n, a, b, a / b
		to_json(n, f[1], f[2], f[3], a, b)
		to_svg(n, a / b)
	}
}

END {
	open_json()
	for (i = 1; i <= tables; i++)
		table_of(order[i])
	print "\n]" >json
	close_svg()
	exit bad || !done
}

# Puts the programs of docs/examples that a page shows into it, each behind a mark that names it and
# in the block of code that follows there:  awk -f quote-programs.awk docs/protocol.md

function fail(why) {
    print FILENAME ", line " FNR ": " why >"/dev/stderr"
    exit 1
}

is_mark {
    is_mark = 0
    if ($0 !~ /^```[a-z]/)
        fail("the mark is not followed by a block of code")
    print
    while ((status = (getline line <program)) > 0)
        print line
    if (status < 0)
        fail(program " cannot be read")
    is_inside = 1
    next
}
/^<!-- program: [a-z_]+\.[a-z]+ -->$/ {
    is_mark = 1
    program = FILENAME
    sub(/[^\/]*$/, "examples/" $3, program)
}
/^```$/ { is_inside = 0 }
!is_inside { print }

# Puts the rows of metrics.h into docs/schema.yaml and docs/openapi.yaml, between the marks that name
# what is wanted there:
#
#   awk -f read-metrics.awk -f generate-schema.awk metrics.h network_types.c docs/schema.yaml
#
#   # from metrics.h: record SECTION        the record, its patch, and the names of its fields
#   # from metrics.h: collection SECTION    these, and by what it is sorted and filtered
#   # from metrics.h: fields SECTION        the choice of fields as a parameter of a query
#   # from metrics.h: parameters SECTION    that, the order and the filters
#   # end
#
# Each mark's indentation is that of what is put there. What stands outside of the marks is written
# by hand. The test docs_are_current compares the files with what this makes of them.

function put(depth, text) {
    printf "%s%*s%s\n", indent, 2 * depth, "", text
}

function quote(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

function name_of(section) {
    return toupper(substr(section, 1, 1)) substr(section, 2)
}

# How a type of metrics.h is said in JSON Schema; whatever is not listed is the name of an enum.
function schema_of(type, kind) {
    if (type == "real" && kind == "rate")
        return "type: number, minimum: 0"
    if (type == "capabilities")
        return "type: object, additionalProperties: { type: object, additionalProperties: false, required: [status, detail], " \
            "properties: { status: { type: string, enum: [" words["status"] "] }, detail: { type: string, minLength: 1 } } }"
    if (type in schema)
        return schema[type]
    if (!(type in words))
        fail("metrics.h has the type " type ", of which neither this script nor network_types.c knows")
    return "type: string, enum: [" words[type] "]"
}

# A flow sequence, broken where it becomes long.
function put_list(depth, key, list, count,    i, line) {
    put(depth, key ":")
    line = "["
    for (i = 1; i <= count; i++) {
        if (length(line) + length(list[i]) > 88) {
            put(depth + 1, line)
            line = " "
        }
        line = line (line == "[" ? "" : line == " " ? "" : " ") list[i] (i < count ? "," : "]")
    }
    put(depth + 1, line)
}

function put_record(section,    i, line) {
    put(0, name_of(section) ":")
    put(1, "description: " quote(about[section] " What is not known of it, or was not asked for, is absent."))
    put(1, "type: object")
    put(1, "additionalProperties: false")
    put(1, "properties:")
    for (i = 1; i <= row_count[section]; i++) {
        line = key[section, i] ": { " schema_of(type[section, i], kind[section, i])
        if (meaning[section, i] != "")
            line = line ", description: " quote(meaning[section, i])
        line = line ", x-kind: " kind[section, i]
        if (unit[section, i] != "")
            line = line ", x-unit: " quote(unit[section, i])
        put(2, line " }")
    }
    put(0, name_of(section) "Patch:")
    put(1, "description: Those fields that changed; null makes one unknown (RFC 7396).")
    put(1, "type: object")
    put(1, "additionalProperties: false")
    put(1, "properties:")
    for (i = 1; i <= row_count[section]; i++)
        put(2, key[section, i] ": { anyOf: [{ $ref: \"#/$defs/" name_of(section) "/properties/" \
            key[section, i] "\" }, { type: \"null\" }] }")
}

function put_fields(section,    i, list) {
    put(0, name_of(section) "Field:")
    for (i = 1; i <= row_count[section]; i++)
        list[i] = key[section, i]
    put(1, "description: Name of a field.")
    put_list(1, "enum", list, row_count[section])
}

function is_list(type) {
    return type == "addresses" || type == "names" || type == "numbers" || type == "capabilities"
}

function put_order(section,    i, list, count) {
    put(0, name_of(section) "Order:")
    for (i = 1; i <= row_count[section]; i++) {
        if (is_list(type[section, i]))
            continue
        list[++count] = key[section, i]
        list[++count] = "-" key[section, i]
    }
    put(1, "description: Name of a field to sort by, with a minus in front the largest first.")
    put_list(1, "enum", list, count)
}

# Lists what the section may be filtered by: filter_name, filter_value, filter_about, by 1 … filters.
# file is what stands before the # of references.
function list_filters(section, file,    i, t, has_address, has_port) {
    filters = 0
    for (i = 1; i <= row_count[section]; i++) {
        has_address = has_address || type[section, i] ~ /^address/
        has_port = has_port || key[section, i] == "local_port"
    }
    if (has_address)
        add_filter("address", "$ref: \"" file "#/$defs/Network\"", "Any address of the record is in that network.")
    if (has_port)
        add_filter("port", "$ref: \"" file "#/$defs/Port\"", "Any port of the record is that one.")
    for (i = 1; i <= row_count[section]; i++) {
        t = type[section, i]
        if (t == "capabilities" || (has_address && key[section, i] == "address"))
            continue
        if (t ~ /^address/)
            add_filter(key[section, i], "$ref: \"" file "#/$defs/Network\"", "It is in that network.")
        else if (key[section, i] == "process_name")
            add_filter(key[section, i], "$ref: \"" file "#/$defs/Text\"", "It has that part; with * or ? it matches that glob.")
        else if (t == "names")
            add_filter(key[section, i], "$ref: \"" file "#/$defs/Text\"", "It lists that name.")
        else if (t == "numbers")
            add_filter(key[section, i], "type: integer, minimum: 0", "It lists that number.")
        else if (t == "name" || t == "label" || t == "text" || t == "sentence")
            add_filter(key[section, i], "$ref: \"" file "#/$defs/Text\"", "It is that text.")
        else
            add_filter(key[section, i], "$ref: \"" file "#/$defs/" name_of(section) "/properties/" key[section, i] "\"", "It is that value.")
    }
}

function add_filter(name, value, what) {
    filter_name[++filters] = name
    filter_value[filters] = value
    filter_about[filters] = what
}

function list_of(value) {
    return "type: array, minItems: 1, maxItems: 256, items: { " value " }"
}

function put_filter(section,    i) {
    list_filters(section, "")
    put(0, name_of(section) "Filter:")
    put(1, "description: Records that match every member; a member matches by any of its values.")
    put(1, "type: object")
    put(1, "additionalProperties: false")
    put(1, "properties:")
    for (i = 1; i <= filters; i++)
        put(2, filter_name[i] ": { anyOf: [{ " filter_value[i] " }, { " list_of(filter_value[i]) " }], description: " \
            quote(filter_about[i]) " }")
}

function put_parameter(name, value, what) {
    put(0, "- { name: " name ", in: query, style: form, explode: false, schema: { " value " }, description: " quote(what) " }")
}

function put_choice(section) {
    put_parameter("fields", "type: array, minItems: 1, items: { $ref: \"schema.yaml#/$defs/" name_of(section) "Field\" }",
        "Only these fields.")
}

function put_parameters(section,    i) {
    put_parameter("sort", "$ref: \"schema.yaml#/$defs/" name_of(section) "Order\"",
        "In this order, those of which it is not known last; equal ones by id.")
    list_filters(section, "schema.yaml")
    for (i = 1; i <= filters; i++)
        put_parameter(filter_name[i], list_of(filter_value[i]), filter_about[i])
}

BEGIN {
    schema["flag"] = "type: boolean"
    schema["u32"] = "type: integer, minimum: 0, maximum: 4294967295"
    schema["u64"] = "type: integer, minimum: 0"
    schema["i32"] = "type: integer"
    schema["real"] = "type: number"
    schema["time"] = "type: string, format: date-time"
    schema["name"] = schema["label"] = schema["text"] = schema["sentence"] = "type: string"
    schema["address"] = "allOf: [{ $ref: \"#/$defs/Address\" }]"
    schema["addresses"] = "type: array, items: { $ref: \"#/$defs/Address\" }"
    schema["names"] = "type: array, items: { type: string }"
    schema["numbers"] = "type: array, items: { type: integer, minimum: 0 }"
    about["interface"] = "One network interface."
    about["connection"] = "One TCP or UDP socket."
    about["owner"] = "Connections added up by who has them."
    about["totals"] = "The sums over the machine."
    about["event"] = "Something that happened."
    about["server"] = "The machine, this instance, what it can see and what it costs."
}

file == 3 && /^ *# from metrics\.h: [a-z]+ [a-z]+$/ {
    print
    indent = $0
    sub(/#.*/, "", indent)
    section = $5
    if (!(section in row_count) || !(section in about))
        fail("there is no table for \"" section "\", or no sentence about it in generate-schema.awk")
    if ($4 == "fields" || $4 == "parameters") {
        put_choice(section)
        if ($4 == "parameters")
            put_parameters(section)
    } else {
        put_record(section)
        put_fields(section)
        if ($4 == "collection") {
            put_order(section)
            put_filter(section)
        }
    }
    is_inside = 1
    next
}
file == 3 && /^ *# end$/ { is_inside = 0 }
file == 3 && !is_inside { print }

END {
    if (failed)
        exit 1
    if (is_inside)
        fail("what is made from metrics.h has no end mark")
}

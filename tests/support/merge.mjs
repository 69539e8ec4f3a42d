// JSON Merge Patch written from RFC 7396, apart from whatever the server and the page do.

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

export function merge(target, patch) {
    if (!isObject(patch)) {
        return patch;
    }
    const result = Object.assign(Object.create(null), isObject(target) ? target : undefined); // a record may be called __proto__
    for (const [key, value] of Object.entries(patch)) {
        if (value === null) {
            delete result[key];
        } else {
            result[key] = merge(result[key], value);
        }
    }
    return result;
}

// A value as text with the members of every object sorted: equal values, equal text.
export function canonical(value) {
    if (Array.isArray(value)) {
        return `[${value.map(canonical).join(",")}]`;
    }
    if (isObject(value)) {
        const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
        return `{${members.join(",")}}`;
    }
    return JSON.stringify(value);
}

// Where two values differ first, in words; "" when they are equal.
export function difference(a, b, path = "") {
    if (canonical(a) === canonical(b)) {
        return "";
    }
    if (isObject(a) && isObject(b)) {
        for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
            const found = difference(a[key], b[key], `${path}/${key}`);
            if (found) {
                return found;
            }
        }
    }
    return `${path || "/"}: ${JSON.stringify(a)} against ${JSON.stringify(b)}`;
}

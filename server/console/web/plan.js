// The fields of a group's plan, for a new group and for one that is changed.
import { choice } from "./bits.js";
import { field } from "./form.js";
import { word } from "./words.js";

const KINDS = ["movement", "mastery", "course"];

export function optional(one) {
    one.input.removeAttribute("required");
    return one;
}

// Fields of a group's plan; ${given}: as it is.
export function planFields(catalogue, given) {
    const text = (label, name, value, more, hint) => optional(field(label, { name, value: value ?? "", ...more }, hint));
    const pick = (label, options, value) => {
        const one = choice(label, options);
        one.input.value = String(value);
        return one;
    };
    const name = field("WEB_GROUP_NAME", { name: "name", value: given.name ?? "", maxlength: "120", autocomplete: "off" });
    const kind = pick("WEB_GROUP_KIND", KINDS.map((one, at) => [one, () => word("KIND", at)]), KINDS[given.kind ?? 0]);
    const weekday = pick("WEB_GROUP_WEEKDAY", [["0", "WEB_GROUP_NO_DAY"], ...[1, 2, 3, 4, 5, 6, 7].map((n) => [String(n), () => word("WEEKDAY", n - 1)])], given.weekday ?? 1);
    const start = field("WEB_GROUP_START", { type: "time", value: given.start }), end = field("WEB_GROUP_STOP", { type: "time", value: given.end });
    const first = text("WEB_GROUP_FIRST", "first", given.first, { type: "date" }), last = text("WEB_GROUP_LAST", "last", given.last, { type: "date" }, "WEB_GROUP_LAST_HINT");
    const capacity = text("WEB_GROUP_CAPACITY", "capacity", given.capacity ?? "12", { type: "number", min: "1", max: "40" });
    const course = pick("WEB_GROUP_COURSE", [["none", "WEB_GROUP_COURSE_NONE"], ...catalogue.map((one) => [`${one.code}/${one.version}`, () => `${one.name} (${one.code}/${one.version})`])], given.course ?? "none");
    return [name, kind, weekday, start, end, first, last, capacity, course];
}

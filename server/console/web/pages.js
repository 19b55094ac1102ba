// The pages of somebody who is in: address, title, the right that shows it in the menu, and what opens it. open(place) draws the view and gives
// back what ends it; place: { query, gone, look }: the address's query, what to call when the centre refuses, and "open me again".
import { groups } from "./groups.js";
import { cases } from "./cases.js";
import { attendance } from "./attendance.js";
import { overview } from "./overview.js";
import { participants } from "./participants.js";

export const pages = [
    { path: "/", title: "WEB_OVERVIEW", right: "OVERVIEW", open: overview },
    { path: "/groups", title: "WEB_GROUPS_TITLE", right: "PERSON_SEE", open: groups },
    { path: "/participants", title: "WEB_PARTICIPANTS", right: "PERSON_SEE", open: participants },
    { path: "/cases", title: "WEB_CASES_TITLE", right: "CASE_SEE", open: cases, told: true },
    { path: "/attendance", title: "WEB_ATT", right: "ATTENDANCE_SEE", open: attendance },
];

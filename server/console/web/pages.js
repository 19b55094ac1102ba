// The pages of somebody who is in: address, title, the rights of which one shows it in the menu ("": it is for everybody and not in
// the menu), and what opens it. open(place) draws the view and gives back what ends it; place: { query, gone, look, go, rights }: the
// address's query, what to call when the centre refuses, "open me again", another address, and the names of the rights that the
// account has somewhere. ${told}: the centre said part of it in one language.
import { account } from "./account.js";
import { attendance } from "./attendance.js";
import { figures } from "./figures.js";
import { cases } from "./cases.js";
import { groups } from "./groups.js";
import { log } from "./log.js";
import { overview } from "./overview.js";
import { participants } from "./participants.js";
import { tablets } from "./tablets.js";

export const pages = [
    { path: "/", title: "WEB_OVERVIEW", right: "OVERVIEW", open: overview },
    { path: "/attendance", title: "WEB_ATT", right: "ATTENDANCE_SEE", open: attendance },
    { path: "/figures", title: "WEB_FIG", right: "ATTENDANCE_SEE", open: figures, told: true },
    { path: "/cases", title: "WEB_CASES_TITLE", right: "CASE_SEE", open: cases, told: true },
    { path: "/tablets", title: "WEB_TABLETS", right: "TABLET", open: tablets },
    { path: "/groups", title: "WEB_GROUPS_TITLE", right: "PERSON_SEE", open: groups },
    { path: "/participants", title: "WEB_PARTICIPANTS", right: "PERSON_SEE", open: participants },
    { path: "/log", title: "WEB_LOG", right: "AUDIT_LOG ACCESS_LOG INNSYN ERASE", open: log },
    { path: "/account", title: "WEB_ACCOUNT", right: "", open: account }, // from the name in the head, for everybody
];

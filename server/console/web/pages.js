// The pages of somebody who is in: address, title, the rights of which one shows it in the menu ("": it is for everybody and not in the menu), and what opens it. open(place) draws the view and gives
// back what ends it; place: { query, gone, look, go, rights }: the address's query, what to call when the centre refuses, "open me
// again", another address, and the names of the rights that the account has somewhere.
import { account } from "./account.js";
import { log } from "./log.js";
import { cases } from "./cases.js";
import { attendance } from "./attendance.js";
import { overview } from "./overview.js";
import { tablets } from "./tablets.js";

export const pages = [
    { path: "/", title: "WEB_OVERVIEW", right: "OVERVIEW", open: overview },
    { path: "/cases", title: "WEB_CASES_TITLE", right: "CASE_SEE", open: cases, told: true },
    { path: "/attendance", title: "WEB_ATT", right: "ATTENDANCE_SEE", open: attendance },
    { path: "/tablets", title: "WEB_TABLETS", right: "TABLET", open: tablets },
    { path: "/log", title: "WEB_LOG", right: "AUDIT_LOG ACCESS_LOG INNSYN ERASE", open: log },
    { path: "/account", title: "WEB_ACCOUNT", right: "", open: account }, // from the name in the head, for everybody
];

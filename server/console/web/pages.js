// The pages of somebody who is in: address, title, the right that shows it in the menu, and what opens it. open(place) draws the view and gives
// back what ends it; place: { query, gone, look }: the address's query, what to call when the centre refuses, and "open me again".
import { overview } from "./overview.js";
import { tablets } from "./tablets.js";

export const pages = [
    { path: "/", title: "WEB_OVERVIEW", right: "OVERVIEW", open: overview },
    { path: "/tablets", title: "WEB_TABLETS", right: "TABLET", open: tablets },
];

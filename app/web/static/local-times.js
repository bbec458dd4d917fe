// Puts every <time> into the reader's zone. Without scripts the page says the same in UTC.
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
for (const element of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.valueOf())) continue;
  if (element.hasAttribute("data-ago")) {
    element.title = exact.format(moment);
  } else {
    element.title = element.textContent;
    element.textContent = exact.format(moment);
  }
}

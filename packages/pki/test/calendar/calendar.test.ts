import { inspect } from "node:util";
import {
  type Authority,
  type CalendarEntry,
  type CalendarInput,
  type Crl,
  calendarOf,
  type Leaf,
  type LocalKey,
  toICalendar,
} from "@handfast/pki";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { clockAt, day, makeClient, makeRoot, moment } from "../world.ts";
import { readIcalendar, textOf } from "./read-icalendar.ts";

const clock = clockAt(moment);
const at = (days: number): string => new Date(moment + days * day).toISOString().replace(".000Z", "Z");
const short = ({ sha256 }: { readonly sha256: string }): string => sha256.slice(0, 12);

let root: Authority;
let leaf: Leaf;
let later: Leaf;
let key: LocalKey;
let crl: Crl;
beforeAll(async () => {
  root = await makeRoot("edge root");
  ({ leaf, key } = await makeClient(root, { days: 90, notBefore: moment }));
  ({ leaf: later } = await makeClient(root, { days: 90, notBefore: moment + 30 * day }));
  crl = await root.createCrl({ number: 1, revoked: [], days: 7 });
});

/** What a handfast spec says, as `spec` takes it and as `parseSpec` gives it. */
const inputs = (): readonly CalendarInput[] => [
  {
    trusts: { edge: { anchors: root.trust.anchors, crls: crl.pem } },
    identities: { shop: leaf.identity("shop-key"), next: later.identity("next-key") },
  },
  {
    trusts: { edge: { anchors: [{ pem: root.trust.anchors }], crls: [{ file: "edge.crl" }] } },
    identities: { shop: { chain: { pem: leaf.chain } }, next: { chain: { file: "next.pem" } } },
    readFile: (file) => (file === "edge.crl" ? crl.der : Buffer.from(later.chain)),
  },
  {
    trusts: { edge: { anchors: [root.certificate.der], crls: [Buffer.from(crl.pem)] } },
    identities: { shop: leaf.chain, next: later.der },
  },
];

const lines = (entries: readonly CalendarEntry[]): string[] =>
  entries.map(({ date, title }) => `${date} ${title}`);

describe("calendarOf", () => {
  it("gives every date of a spec in order, however the spec is written", () => {
    const client = "CN=client.example.com,O=Example";
    const { notBefore, notAfter } = root.certificate.facts;
    const renewal = notBefore + ((notAfter - notBefore) * 2) / 3;
    const due = [
      `${at(7)} trust edge: CRL of CN=edge root (${short(crl)}) is due for its next update`,
      `${at(30)} identity next: ${client} (${short(later)}) becomes valid`,
      `${at(60)} identity shop: ${client} (${short(leaf)}) is due for renewal`,
      `${at(90)} identity shop: ${client} (${short(leaf)}) expires`,
      `${at(90)} identity next: ${client} (${short(later)}) is due for renewal`,
      `${at(120)} identity next: ${client} (${short(later)}) expires`,
      `${at((renewal - moment) / day)} trust edge: CN=edge root (${short(root.certificate)}) is due for renewal`,
      `${at((notAfter - moment) / day)} trust edge: CN=edge root (${short(root.certificate)}) expires`,
    ];
    for (const input of inputs()) {
      const found = lines(calendarOf({ ...input, clock }));
      expect([...found].sort()).toEqual([...due].sort());
      expect(found.map((line) => line.slice(0, 20))).toEqual(due.map((line) => line.slice(0, 20)));
    }
  });

  it("goes by the policy: a share of life, days before the end, or never; not before life begins", () => {
    const renewal = (policy: CalendarInput["policy"]): (string | undefined)[] =>
      calendarOf({ identities: { shop: leaf.chain + root.trust.anchors }, policy, clock })
        .filter(({ kind }) => kind === "renew-by")
        .map(({ date }) => date);
    expect(renewal({ leaves: { share: 0.5 }, authorities: "never" })).toEqual([at(45)]);
    expect(renewal({ leaves: { daysBefore: 20 }, authorities: "never" })).toEqual([at(70)]);
    expect(renewal({ leaves: { daysBefore: 400 }, authorities: "never" })).toEqual([at(0)]);
    expect(renewal({ leaves: "never", authorities: { share: 0.5 } })).toHaveLength(1);
    for (const wrong of [{ share: 0 }, { share: 1 }, { share: Number.NaN }, { daysBefore: -1 }])
      expect(() => renewal({ leaves: wrong })).toThrow(TypeError);
  });

  it("names a certificate once with all its places, under an id that no name changes", () => {
    const used = (names: readonly string[]) =>
      calendarOf({
        identities: Object.fromEntries(names.map((name) => [name, leaf.chain])),
        policy: { leaves: "never" },
        clock,
      });
    const [entry, ...more] = used(["a", "b", "c", "d"]);
    expect(more).toEqual([]);
    expect(entry?.usedBy.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
    expect(entry?.title).toMatch(/^identity a, identity b, 2 more: /);
    expect(entry?.id).toBe(used(["z"])[0]?.id);
    expect(entry?.id).toBe(`expires-${leaf.sha256}`);
  });

  it("keeps what is over, and says so of nothing that has begun", () => {
    const late = calendarOf({ ...(inputs()[0] as CalendarInput), clock: clockAt(moment + 4_000 * day) });
    expect(late.map(({ kind }) => kind)).not.toContain("becomes-valid");
    expect(late.filter(({ kind }) => kind === "expires")).toHaveLength(3);
    expect(late.filter(({ kind }) => kind === "next-update")).toHaveLength(1);
  });

  it("is plain data without key material", () => {
    const entries = calendarOf({ ...(inputs()[0] as CalendarInput), clock });
    expect(JSON.parse(JSON.stringify(entries))).toEqual(entries);
    expect(JSON.stringify(entries)).not.toMatch(/BEGIN|PRIVATE|shop-key/);
    expect(JSON.stringify(entries)).not.toContain(key.export().split("\n")[1]);
  });

  it("shows nothing of a key that is given in place of a path", () => {
    const text = key.export();
    for (const file of [text, text.replaceAll("\n", " "), text.replaceAll("\n", "\r")]) {
      const make = () => calendarOf({ identities: { shop: { file } } });
      expect(make).toThrow(expect.objectContaining({ code: "FILE_UNREADABLE" }));
      try {
        make();
      } catch (error) {
        expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain(
          text.split("\n")[1]?.slice(0, 12),
        );
      }
    }
  });

  it.each([
    [
      "a file without a reader",
      { identities: { shop: { file: "shop.pem" } } },
      "FILE_UNREADABLE",
      /identities\.shop\.chain, file=shop\.pem/,
    ],
    ["rubbish", { trusts: { edge: "rubbish" } }, "CERTIFICATE_UNREADABLE", /holds no certificate/],
    ["a CRL that is none", { crls: { edge: "rubbish" } }, "CERTIFICATE_UNREADABLE", /crls\.edge/],
  ] as const)("refuses %s", (_, input, code, message) => {
    const make = () => calendarOf(input);
    expect(make).toThrow(expect.objectContaining({ code }));
    expect(make).toThrow(message);
  });
});

describe("toICalendar", () => {
  it("writes an event for each entry, read back field by field", () => {
    const entries = calendarOf({ ...(inputs()[0] as CalendarInput), clock });
    const calendar = readIcalendar(toICalendar(entries, { clock, name: "Ours, all", alarms: [14, 0] }));
    expect(calendar.name).toBe("VCALENDAR");
    expect(textOf(calendar, "VERSION")).toBe("2.0");
    expect(textOf(calendar, "PRODID")).toMatch(/handfast/);
    expect(textOf(calendar, "X-WR-CALNAME")).toBe("Ours, all");
    const utc = (date: string): string => date.replaceAll(/[-:]/g, "");
    expect(
      calendar.parts.map((event) => ({
        name: event.name,
        id: textOf(event, "UID"),
        start: textOf(event, "DTSTART"),
        stamp: textOf(event, "DTSTAMP"),
        title: textOf(event, "SUMMARY"),
        free: textOf(event, "TRANSP"),
        alarms: event.parts.map((alarm) => [textOf(alarm, "ACTION"), textOf(alarm, "TRIGGER")]),
      })),
    ).toEqual(
      entries.map(({ id, date, title }) => ({
        name: "VEVENT",
        id,
        start: utc(date),
        stamp: utc(at(0)),
        title,
        free: "TRANSPARENT",
        alarms: [
          ["DISPLAY", "-P14D"],
          ["DISPLAY", expect.stringMatching(/^-?PT0S$/)],
        ],
      })),
    );
    const [, first] = entries;
    expect(calendar.parts.map((event) => textOf(event, "DESCRIPTION"))[1]).toContain(
      `SHA-256: ${first?.sha256}`,
    );
  });

  it("repeats to the letter under the same clock, and changes only its stamps under another", () => {
    const entries = calendarOf({ ...(inputs()[0] as CalendarInput), clock });
    const text = toICalendar(entries, { clock });
    expect(toICalendar(entries, { clock })).toBe(text);
    const other = toICalendar(entries, { clock: clockAt(moment + day) });
    expect(other).not.toBe(text);
    const unstamped = (of: string): string => of.replaceAll(/DTSTAMP:.*/g, "");
    expect(unstamped(other)).toBe(unstamped(text));
  });

  it("lets no name break out of its line, whatever stands in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => {
        const hostile = `\r\nEND:VEVENT\r\n${name}`;
        const [entry] = calendarOf({
          identities: { [hostile]: leaf.chain },
          policy: { leaves: "never" },
          clock,
        });
        const calendar = readIcalendar(toICalendar(entry === undefined ? [] : [entry], { clock }));
        expect(calendar.parts).toHaveLength(1);
        expect(textOf(calendar.parts[0] ?? calendar, "UID")).toBe(entry?.id);
      }),
      { numRuns: 50 },
    );
  });

  it("writes no events for no entries, and refuses an alarm after the date", () => {
    expect(readIcalendar(toICalendar([], { clock })).parts).toEqual([]);
    expect(() => toICalendar([], { alarms: [-1] })).toThrow(TypeError);
    expect(() => toICalendar([], { alarms: [0.5] })).toThrow(TypeError);
  });
});

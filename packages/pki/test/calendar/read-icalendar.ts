/** One component of a calendar: BEGIN to END (RFC 5545, 3.6). */
export interface IcalComponent {
  readonly name: string;
  /** Name to its values, with what stood between name and colon left out. */
  readonly properties: ReadonlyMap<string, readonly string[]>;
  readonly parts: readonly IcalComponent[];
}

/**
 * Reads iCalendar by the letter of RFC 5545, and knows nothing of what wrote it: lines end by CRLF and have at most 75
 * bytes (3.1), properties are `name[;parameter]:value`, components nest and come after the properties (3.6).
 */
export function readIcalendar(text: string): IcalComponent {
  const lines = text.split("\r\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    if (Buffer.byteLength(line) > 75) throw new Error(`a line has more than 75 bytes: ${line}`);
    if (/\p{Cc}/u.test(line)) throw new Error(`a line holds a control character: ${JSON.stringify(line)}`);
  }
  const unfolded = lines.join("\r\n").replaceAll("\r\n ", "").split("\r\n");
  const stack: { name: string; properties: Map<string, string[]>; parts: IcalComponent[] }[] = [];
  for (const [index, line] of unfolded.entries()) {
    const [, name, value] = /^([A-Z0-9-]+)(?:;[^:]*)?:(.*)$/u.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no property: ${line}`);
    if (name === "BEGIN") stack.push({ name: value, properties: new Map(), parts: [] });
    else if (name === "END") {
      const done = stack.pop();
      if (done?.name !== value) throw new Error(`END:${value} closes ${done?.name}`);
      const parent = stack.at(-1);
      if (parent !== undefined) parent.parts.push(done);
      else if (index === unfolded.length - 1) return done;
      else throw new Error("lines follow the calendar");
    } else {
      const { properties, parts } = stack.at(-1) ?? { properties: new Map<string, string[]>(), parts: [] };
      if (parts.length > 0) throw new Error(`a property follows a component: ${line}`);
      properties.set(name, [...(properties.get(name) ?? []), value]);
    }
  }
  throw new Error("the calendar does not end");
}

/** The only value of a property; as TEXT it is unescaped (3.3.11). */
export function textOf(component: IcalComponent, name: string): string {
  const [value, second] = component.properties.get(name) ?? [];
  if (value === undefined || second !== undefined) throw new Error(`${name} does not stand there once`);
  return value.replaceAll(/\\([\\;,nN])/g, (_, char: string) => (/n/i.test(char) ? "\n" : char));
}

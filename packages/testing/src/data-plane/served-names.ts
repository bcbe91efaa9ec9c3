/** Whether a host name is one of a distribution's. `*.` at the front of a name stands for everything below it. */
export function isOneOf(names: readonly string[], host: string): boolean {
  return names.some((name) => {
    const known = name.toLowerCase();
    return known.startsWith("*.")
      ? host.endsWith(known.slice(1)) && host.length > known.length - 1
      : known === host;
  });
}

// Computing the member's permissions in a channel. docs: Permissions › Permission Overwrites.

export const BITS = {
  ADD_REACTIONS: 1n << 6n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  MANAGE_MESSAGES: 1n << 13n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  MANAGE_THREADS: 1n << 34n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
  PIN_MESSAGES: 1n << 51n,
};
const ADMINISTRATOR = 1n << 3n;
const ALL = (1n << 60n) - 1n;

/** A member's permission bits in a channel; for a thread, `channel` is its parent. */
export function bitsIn(guild, memberRoles, userId, channel) {
  if (guild.owner_id === userId) return ALL;
  const roles = new Map(guild.roles.map((role) => [role.id, role]));
  let bits = BigInt(roles.get(guild.id)?.permissions ?? 0);
  for (const id of memberRoles) bits |= BigInt(roles.get(id)?.permissions ?? 0);
  if (bits & ADMINISTRATOR) return ALL;
  const overwrites = channel?.permission_overwrites ?? [];
  const apply = (found) => {
    const deny = found.reduce((sum, o) => sum | BigInt(o.deny), 0n);
    const allow = found.reduce((sum, o) => sum | BigInt(o.allow), 0n);
    bits = (bits & ~deny) | allow;
  };
  apply(overwrites.filter((o) => o.id === guild.id));
  apply(overwrites.filter((o) => o.type === 0 && o.id !== guild.id && memberRoles.includes(o.id)));
  apply(overwrites.filter((o) => o.type === 1 && o.id === userId));
  return bits;
}

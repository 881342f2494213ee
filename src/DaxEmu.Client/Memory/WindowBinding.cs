namespace DaxEmu.Client;

/// <summary>Which part of a region a memory window is to give access to: <c>struct ibv_mw_bind_info</c>, with the window's keys.</summary>
/// <param name="RKey">The window's rkey now.</param>
/// <param name="NewRKey">The one it gets: only the low byte may differ.</param>
/// <param name="Memory">The part; the region must have <see cref="AccessFlags.WindowBind"/>. No bytes: unbinds a window of type 1.</param>
/// <param name="Access">What peers may do through it.</param>
public readonly record struct WindowBinding(uint RKey, uint NewRKey, ScatterGather Memory, AccessFlags Access);

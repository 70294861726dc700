namespace DChat.Core.Reconciliation;

/// <summary>A range of a message that was read.</summary>
/// <param name="Bound">Where it ends.</param>
/// <param name="Mode">What is said of it.</param>
/// <param name="PayloadAt">Where its fingerprint or ids start in the message.</param>
/// <param name="Ids">How many ids.</param>
internal readonly record struct NegentropyRange(SetBound Bound, NegentropyMode Mode, int PayloadAt, int Ids);

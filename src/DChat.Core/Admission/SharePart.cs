namespace DChat.Core.Admission;

/// <summary>What one of those who share a topic has of it.</summary>
/// <param name="Rate">Tokens a tick.</param>
/// <param name="Burst">Tokens at once.</param>
/// <param name="ActiveTicks">How long after its last message someone counts as sharing.</param>
internal readonly record struct SharePart(double Rate, double Burst, long ActiveTicks);

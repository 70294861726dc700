namespace DChat.Core.Reconciliation;

/// <summary>What a <see cref="DifferenceFinder"/> wants next.</summary>
/// <param name="Kind">What.</param>
/// <param name="Symbols">With <see cref="FinderStepKind.AskSymbols"/>: how many, and the number of the first.</param>
/// <param name="Message">With <see cref="FinderStepKind.AskNegentropy"/>: what to ask; valid until the next step.</param>
public readonly record struct FinderStep(FinderStepKind Kind, (int Start, int Count) Symbols = default, ReadOnlyMemory<byte> Message = default);

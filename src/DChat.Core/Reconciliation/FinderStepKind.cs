namespace DChat.Core.Reconciliation;

/// <summary>What a <see cref="DifferenceFinder"/> wants next.</summary>
public enum FinderStepKind
{
    /// <summary>Nothing: it has ended.</summary>
    Done,

    /// <summary>The peer's symbols.</summary>
    AskSymbols,

    /// <summary>The peer's answer to a message of negentropy.</summary>
    AskNegentropy,
}

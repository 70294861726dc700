using System.Diagnostics.CodeAnalysis;

namespace DChat.Core.Sealing;

/// <summary>What came of opening an envelope.</summary>
/// <param name="Status">Whether it opened, and if not why.</param>
/// <param name="Message">The message; null unless <see cref="IsOpened"/>.</param>
public readonly record struct OpenResult(OpenStatus Status, OpenedMessage? Message)
{
    /// <summary>Whether there is a message.</summary>
    [MemberNotNullWhen(true, nameof(Message))]
    public bool IsOpened => Message is not null;
}

using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace DChat.Core.Envelopes;

/// <summary>What follows from a <see cref="RetentionClass"/>.</summary>
internal static class RetentionClasses
{
    /// <summary>The classes, by number.</summary>
    public static ImmutableArray<RetentionClass> All { get; } = [.. Enum.GetValues<RetentionClass>().Order()];

    /// <summary>The place of a class among <see cref="All"/>.</summary>
    public static int IndexOf(RetentionClass retention) => (int)retention - (int)RetentionClass.OneDay;

    /// <summary>Whether the number on the wire is a class this code knows.</summary>
    public static bool IsKnown(ulong value) => value is >= (ulong)RetentionClass.OneDay and <= (ulong)RetentionClass.Permanent;

    /// <summary>Whether somebody must have paid for it.</summary>
    public static bool NeedsPermit(this RetentionClass retention) => retention > RetentionClass.ThirtyDays;

    public static void ThrowIfUnknown(RetentionClass retention, [CallerArgumentExpression(nameof(retention))] string? name = null)
    {
        if (!IsKnown((ulong)retention))
        {
            throw new ArgumentOutOfRangeException(name, retention, "Not a retention class.");
        }
    }
}

namespace DChat.Core.Shards;

/// <summary>
/// Names one operator's log, drawn at random when the log is created. A position of another log means nothing, so a
/// cursor that carries another id is a gap.
/// </summary>
public readonly record struct LogId(Guid Value)
{
    /// <summary>The length in bytes; on the wire in the order of <see cref="ToString"/>.</summary>
    public const int Length = 16;

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("N");
}

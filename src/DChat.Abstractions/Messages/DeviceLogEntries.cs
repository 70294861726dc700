namespace DChat.Abstractions.Messages;

/// <summary>Entries of a device log on their way to it.</summary>
/// <param name="Entries">Encoded <c>SignedStatement</c>s (<c>Protocol/identity.proto</c>), each after those it follows: 1 to <see cref="MaxCount"/>, at most <see cref="MaxBytes"/> together.</param>
[GenerateSerializer, Immutable, Alias("dchat.DeviceLogEntries")]
public sealed record DeviceLogEntries([property: Id(0)] byte[][] Entries)
{
    /// <summary>The most entries at once.</summary>
    public const int MaxCount = 64;

    /// <summary>The most bytes at once.</summary>
    public const int MaxBytes = 256 * 1024;
}

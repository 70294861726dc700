namespace DChat.Grains.Identity;

/// <summary>What grain state holds of a device log.</summary>
[GenerateSerializer, Alias("dchat.IdentityState")]
public sealed class IdentityState
{
    /// <summary>The grain storage that holds it.</summary>
    internal const string Storage = "dchat";

    /// <summary>The name of the state.</summary>
    internal const string Name = "identity";

    /// <summary>The encoded entries, each after those it follows.</summary>
    [Id(0)]
    public List<byte[]> Entries { get; set; } = [];
}

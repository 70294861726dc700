namespace DChat.Grains.LogBinding;

/// <summary>What grain state holds of the binding.</summary>
[GenerateSerializer, Alias("dchat.LogBindingState")]
public sealed class LogBindingState
{
    /// <summary>The grain storage that holds it; one that needs no grains, since it is used before the silo is active.</summary>
    internal const string Storage = "dchat";

    /// <summary>The name of the state.</summary>
    internal const string Name = "log-binding";

    /// <summary>The log that the cluster is bound to; empty before the first core has started.</summary>
    [Id(0)]
    public Guid Log { get; set; }
}

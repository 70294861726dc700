namespace DChat.Grains.LogBinding;

/// <summary>What grain state holds of the binding.</summary>
[GenerateSerializer, Alias("dchat.LogBindingState")]
public sealed class LogBindingState
{
    /// <summary>The log that the cluster is bound to; empty before the first core has started.</summary>
    [Id(0)]
    public Guid Log { get; set; }
}

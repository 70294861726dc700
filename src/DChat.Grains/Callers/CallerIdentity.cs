namespace DChat.Grains.Callers;

/// <summary>Tells callers inside the cluster (grains, and code hosted in a silo's process) from clients outside it.</summary>
internal static class CallerIdentity
{
    // A silo's own client is named after the silo; clients outside draw a random name.
    private const string HostedClientPrefix = "hosted-";

    public static bool IsOutsideCluster(GrainId? source) =>
        source is { } id && id.IsClient() && !id.Key.ToString()!.StartsWith(HostedClientPrefix, StringComparison.Ordinal);
}

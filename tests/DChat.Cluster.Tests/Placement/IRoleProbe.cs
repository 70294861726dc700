namespace DChat.Cluster.Tests.Placement;

/// <summary>Tells where it was placed.</summary>
public interface IRoleProbe : IGrainWithIntegerKey
{
    Task<SiloAddress> WhereAsync();
}

using DChat.Abstractions.Placement;

namespace DChat.Cluster.Tests.Placement;

[RequireSiloRole(SiloRole.Edge), GrainType("test.edge-probe")]
public sealed class EdgeProbe(ILocalSiloDetails silo) : Grain, IRoleProbe
{
    public Task<SiloAddress> WhereAsync() => Task.FromResult(silo.SiloAddress);
}

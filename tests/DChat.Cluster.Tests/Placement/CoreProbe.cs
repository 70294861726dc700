using DChat.Abstractions.Placement;

namespace DChat.Cluster.Tests.Placement;

[RequireSiloRole(SiloRole.Core), GrainType("test.core-probe")]
public sealed class CoreProbe(ILocalSiloDetails silo) : Grain, IRoleProbe
{
    public Task<SiloAddress> WhereAsync() => Task.FromResult(silo.SiloAddress);
}

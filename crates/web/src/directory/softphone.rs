//! What is entered into an operator's telephone.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::At;
use crate::rights::Act;

/// What telephones are told of this house. The voice is G.711; keys are RTP events (RFC 4733).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Softphone {
    /// Realm and domain of operators' accounts.
    pub domain: String,
    /// Where a telephone registers that can do nothing better.
    #[schema(value_type = String)]
    pub registrar: SocketAddr,
    /// The socket for UDP, if there is one.
    #[schema(value_type = Option<String>)]
    pub udp: Option<SocketAddr>,
    /// For TCP.
    #[schema(value_type = Option<String>)]
    pub tcp: Option<SocketAddr>,
    /// For TLS.
    #[schema(value_type = Option<String>)]
    pub tls: Option<SocketAddr>,
    /// For telephones in browsers: `wss://…`.
    pub wss: Option<String>,
    /// How often a telephone registers.
    pub expires_seconds: u32,
}

/// The same for one operator. The password is shown only when it is made.
#[derive(Serialize, ToSchema)]
pub(crate) struct OperatorsPhone {
    /// User and extension.
    user: String,
    #[serde(flatten)]
    phone: Softphone,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(operators_softphone))
}

/// What to enter into an operator's telephone.
#[utoipa::path(get, path = "/operators/{id}/softphone", tag = "operators", params(("id" = i64, Path)),
    responses((status = 200, body = OperatorsPhone)))]
pub(crate) async fn operators_softphone(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<Json<OperatorsPhone>, Refusal> {
    login.may(Act::Administer)?;
    let user = api.store.operator(id).await?.form.login;
    let phone = api.softphone.ok_or_else(|| Refusal::conflict("this house has no address for telephones"))?;
    Ok(Json(OperatorsPhone { user, phone }))
}
